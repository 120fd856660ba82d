//! Answers are decoded as they were meant.

use dli_api::types::{
    ConnectionStatus, CreateAuthInfoRequest, DatasourceConnection, DatasourceConnectionList,
    EnhancedConnection,
};
use serde_json::json;

fn connection(value: serde_json::Value) -> Result<DatasourceConnection, serde_json::Error> {
    serde_json::from_value(value)
}

#[test]
fn an_empty_object_decodes_to_nothing_but_absent_fields() {
    let connection = connection(json!({})).unwrap();
    assert!(connection.is_success.is_none() && connection.name.is_none());
}

#[test]
fn null_stands_for_an_absent_field_of_every_kind() {
    let connection = connection(json!({
        "is_success": null, "name": null, "process": null, "create_time": null,
        "state": null, "available_queue_info": null,
    }))
    .unwrap();
    assert!(connection.available_queue_info.is_none() && connection.state.is_none());
}

#[test]
fn booleans_are_read_from_text_in_any_case_and_from_digits() {
    for (written, meant) in [
        (json!("true"), true),
        (json!("True"), true),
        (json!(" TRUE "), true),
        (json!(1), true),
        (json!("1"), true),
        (json!("false"), false),
        (json!("False"), false),
        (json!(0), false),
    ] {
        let read = connection(json!({ "is_success": written })).unwrap().is_success;
        assert_eq!(read, Some(meant), "{written}");
    }
}

#[test]
fn what_is_no_boolean_is_refused_rather_than_guessed() {
    for written in [json!("yes"), json!(2), json!(""), json!([]), json!({})] {
        assert!(connection(json!({ "is_success": written })).is_err(), "{written}");
    }
}

#[test]
fn whole_numbers_are_read_from_text_and_from_a_fraction_of_zero() {
    for written in
        [json!(752), json!("752"), json!(752.0), json!("752.0"), json!(" 752 "), json!(7.52e2)]
    {
        let read = connection(json!({ "create_time": written })).unwrap().create_time;
        assert_eq!(read, Some(752), "{written}");
    }
    let largest = connection(json!({ "create_time": i64::MAX.to_string() })).unwrap();
    assert_eq!(largest.create_time, Some(i64::MAX));
}

#[test]
fn a_number_that_would_be_changed_is_refused() {
    for written in
        [json!(16.5), json!("16.5"), json!(1e300), json!(u64::MAX), json!("ten"), json!(true)]
    {
        assert!(connection(json!({ "create_time": written })).is_err(), "{written}");
    }
}

#[test]
fn numbers_are_read_from_text_and_must_be_finite() {
    assert_eq!(connection(json!({ "process": "0.5" })).unwrap().process, Some(0.5));
    assert_eq!(connection(json!({ "process": 1 })).unwrap().process, Some(1.0));
    assert!(connection(json!({ "process": "NaN" })).is_err());
    assert!(connection(json!({ "process": "inf" })).is_err());
}

#[test]
fn texts_are_read_from_numbers_as_ids_often_are() {
    assert_eq!(connection(json!({ "name": 17 })).unwrap().name.as_deref(), Some("17"));
    assert!(connection(json!({ "name": {} })).is_err());
}

#[test]
fn an_unknown_field_is_passed_over() {
    let list: DatasourceConnectionList =
        serde_json::from_value(json!({ "count": 1, "brand_new": { "deep": [1] } })).unwrap();
    assert_eq!(list.count, Some(1));
}

#[test]
fn an_unknown_enumeration_value_is_kept_and_encodes_back_as_it_came() {
    let connection = connection(json!({ "state": "RUNNING" })).unwrap();
    assert_eq!(connection.state, Some(ConnectionStatus::Unknown("RUNNING".to_owned())));
    assert_eq!(serde_json::to_value(&connection).unwrap(), json!({ "state": "RUNNING" }));
}

#[test]
fn a_known_value_in_another_case_is_kept_and_can_be_normalized() {
    let connection: EnhancedConnection =
        serde_json::from_value(json!({ "status": "Active" })).unwrap();
    let status = connection.status.clone().unwrap();
    assert_eq!(status.as_str(), "Active");
    assert_eq!(status.normalized(), ConnectionStatus::Active);
    assert_eq!(serde_json::to_value(&connection).unwrap(), json!({ "status": "Active" }));
}

#[test]
fn an_empty_list_is_not_an_absent_one() {
    let list: DatasourceConnectionList =
        serde_json::from_value(json!({ "connections": [] })).unwrap();
    assert_eq!(serde_json::to_value(&list).unwrap(), json!({ "connections": [] }));
}

#[test]
fn a_value_that_stands_alone_is_a_list_of_one() {
    let read = |value| connection(json!({ "queue_list": value })).unwrap().queue_list;
    assert_eq!(read(json!("etl")), Some(vec!["etl".to_owned()]));
    assert_eq!(read(json!(["a", 7])), Some(vec!["a".to_owned(), "7".to_owned()]));
    assert_eq!(read(json!("")), Some(Vec::new()));
    assert!(connection(json!({ "queue_list": { "a": 1 } })).is_err());
}

#[test]
fn a_password_is_sent_but_never_shown() {
    let body: CreateAuthInfoRequest = serde_json::from_value(json!({
        "auth_info_name": "a", "user_name": "u", "password": "open sesame",
        "certificate_location": "", "datasource_type": "passwd",
    }))
    .unwrap();
    assert!(!format!("{body:?}").contains("open sesame"));
    assert_eq!(serde_json::to_value(&body).unwrap()["password"], "open sesame");
}
