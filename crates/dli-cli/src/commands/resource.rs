//! `dli resource`: packages that Spark and Flink jobs use.

use clap::Subcommand;
use serde_json::{Value, json};

use super::common::{self, pair};
use crate::error::Result;
use crate::output::{Column, Kind, View};
use crate::request::Request;
use crate::session::Session;

/// Packages.
#[derive(Debug, Subcommand)]
pub enum Resource {
    /// List packages
    #[command(visible_alias = "ls")]
    List {
        /// Only packages of this kind: `jar`, `pyFile`, `file` or `modelFile`
        #[arg(long)]
        kind: Option<String>,
        /// List groups of packages instead
        #[arg(long)]
        groups: bool,
    },
    /// Show one package
    Show {
        /// Name of the package
        name: String,
        /// Group it belongs to
        #[arg(long)]
        group: Option<String>,
    },
    /// Take packages over from object storage
    Upload {
        /// Addresses of the files, `https://bucket.obs.region.myhuaweicloud.com/path` or
        /// `obs://bucket/path`
        #[arg(required = true)]
        paths: Vec<String>,
        /// What they are: `jar`, `pyFile`, `file` or `modelFile`
        #[arg(long, default_value = "jar")]
        kind: String,
        /// Group to put them in
        #[arg(long)]
        group: Option<String>,
        /// Do not wait for the service to fetch them
        #[arg(long = "async")]
        asynchronous: bool,
        /// A tag of the group; can be given several times
        #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = pair)]
        tags: Vec<(String, String)>,
    },
    /// Delete a package
    Delete {
        /// Name of the package
        name: String,
        /// Group it belongs to
        #[arg(long)]
        group: Option<String>,
    },
}

const LISTED: &[Column] = &[
    Column::text("NAME", "resource_name"),
    Column::text("KIND", "resource_type"),
    Column::state("STATUS", "status"),
    Column::text("OWNER", "owner").rank(2),
    Column::time("CREATED", "create_time").rank(1),
];

const GROUPS: &[Column] = &[
    Column::text("GROUP", "group_name"),
    Column::state("STATUS", "status"),
    Column::text("PACKAGES", "resources"),
    Column::text("OWNER", "owner").rank(2),
    Column::time("CREATED", "create_time").rank(1),
];

const SHOWN: &[Column] = &[
    Column::text("Name", "resource_name"),
    Column::text("Kind", "resource_type"),
    Column::state("Status", "status"),
    Column::text("File", "underlying_name"),
    Column::text("Owner", "owner"),
    Column::time("Created", "create_time"),
    Column::time("Changed", "update_time"),
];

const UPLOADED: &[Column] = &[
    Column::text("Group", "group_name"),
    Column::state("Status", "status"),
    Column::text("Packages", "resource_names|resources"),
    Column::new("Details", "details", Kind::Names("resource_name")),
];

impl Resource {
    /// Runs the command.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self {
            Self::List { kind, groups } => {
                let answer =
                    session.call(&Request::of("list_job_resources").maybe("kind", kind)).await?;
                let (field, columns, none) = match groups {
                    true => ("groups", GROUPS, "There are no groups."),
                    false => ("resources", LISTED, "There are no packages."),
                };
                let items = answer[field].as_array().cloned().unwrap_or_default();
                session.output.show(View::rows(items, columns, none))
            }
            Self::Show { name, group } => {
                let request = Request::of("show_job_resource").set("resource_name", name);
                let answer = session.call(&request.maybe("group", group)).await?;
                session.output.show(View::record(answer, SHOWN))
            }
            Self::Upload { paths, kind, group, asynchronous, tags } => {
                let request = Request::of("upload_job_resources").body(json!({
                    "paths": paths,
                    "kind": kind,
                    "group": group,
                    "is_async": if asynchronous { Value::Bool(true) } else { Value::Null },
                    "tags": common::tags(&tags),
                }));
                let answer = session.call(&request).await?;
                session.output.show(View::record(answer, UPLOADED))
            }
            Self::Delete { name, group } => {
                session.confirm(&format!("Delete the package {name}"))?;
                let request =
                    Request::of("delete_job_resource").set("resource_name", name.as_str());
                let answer = session.call(&request.maybe("group", group)).await?;
                session.output.done(&format!("Deleted the package {name}."), answer)
            }
        }
    }
}
