//! What is sent about in the scenarios: enhanced connections, as JSON and as types written by hand.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// The project of all requests.
pub const PROJECT: &str = "d11e0000000000000000000000000001";

/// A page of a list, as one would write the type for one's own use.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct List {
    /// Whether the service says so.
    pub is_success: Option<bool>,
    /// Its remark.
    pub message: Option<String>,
    /// How many.
    pub count: Option<i64>,
    /// The page.
    pub connections: Option<Vec<Connection>>,
}

/// One connection, with every field that is documented.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Connection {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_success: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    pub id: Option<String>,
    pub name: Option<String>,
    pub status: Option<String>,
    pub available_queue_info: Option<Vec<Part>>,
    pub elastic_resource_pools: Option<Vec<Part>>,
    pub dest_vpc_id: Option<String>,
    pub dest_network_id: Option<String>,
    #[serde(rename = "isPrivis", skip_serializing_if = "Option::is_none")]
    pub is_privis: Option<bool>,
    pub create_time: Option<i64>,
    pub hosts: Option<Vec<Host>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv6_enable: Option<bool>,
}

/// A queue's or a pool's part in a connection.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Part {
    pub peer_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    pub status: Option<String>,
    pub name: Option<String>,
    pub err_msg: Option<String>,
    pub update_time: Option<i64>,
}

/// A host.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Host {
    pub name: Option<String>,
    pub ip: Option<String>,
}

/// The path of the connections of a project.
pub fn path(project: &str) -> String {
    format!("/v2.0/{project}/datasource/enhanced-connections")
}

/// One connection as JSON; `head` is what stands before its fields.
fn write(out: &mut String, head: &str, number: usize, status: &str) {
    let _ = write!(
        out,
        concat!(
            r#"{{{}"id":"c3f0a1d2-7b6e-4a59-8d3c-{:012}","name":"connection_{}","status":"{}","#,
            r#""available_queue_info":[{{"status":"ACTIVE","name":"etl_queue","#,
            r#""peer_id":"2a620c33-5609-40c9-affd-2b6334fa2131","err_msg":"","#,
            r#""update_time":1566889577861}}],"elastic_resource_pools":[],"#,
            r#""dest_vpc_id":"22094d8f-c310-4621-913d-4c4d655d8495","#,
            r#""dest_network_id":"78f2562a-36e4-4b39-95b9-f5aab22e1281","isPrivis":true,"#,
            r#""create_time":1566888011125,"#,
            r#""hosts":[{{"ip":"192.168.0.1","name":"ecs-97f8-0001"}}]}}"#
        ),
        head, number, number, status
    );
}

/// One connection as the service shows it.
pub fn one(status: &str) -> String {
    let mut text = String::new();
    write(&mut text, r#""is_success":true,"message":"","#, 1, status);
    text
}

/// The connections from `from` to before `to`, as a page.
pub fn page(from: usize, to: usize) -> String {
    let count = to.saturating_sub(from);
    let mut text = String::with_capacity(count * 600 + 100);
    let _ = write!(text, r#"{{"is_success":true,"message":"","count":{count},"connections":["#);
    for number in from..to {
        if number > from {
            text.push(',');
        }
        write(&mut text, "", number, "ACTIVE");
    }
    text.push_str("]}");
    text
}
