//! Bundles: whole, of one family, and as JSON Schema.

use dli_spec::json_schema::{self, Direction};
use dli_spec::{Bundle, Description};

#[test]
fn a_bundle_of_one_family_holds_nothing_of_another() {
    let bundle = Description::embedded().unwrap().bundle(&["datasource_connections"]).unwrap();
    assert!(
        bundle.operations().iter().all(|operation| operation.family == "datasource_connections")
    );
    assert_eq!(bundle.operations().len(), 4);
    assert!(bundle.schemas().contains_key("DatasourceConnection"));
    assert!(!bundle.schemas().contains_key("EnhancedConnection"));
}

#[test]
fn the_compact_form_says_the_same_as_the_yaml() {
    let bundle = Description::embedded().unwrap().bundle_all().unwrap();
    let again = Bundle::from_compact(&bundle.to_compact()).unwrap();
    assert_eq!(bundle.document(), again.document());
    assert_eq!(bundle.operations().len(), again.operations().len());
}

#[test]
fn no_reference_of_the_whole_bundle_leads_out_of_it() {
    let bundle = Description::embedded().unwrap().bundle_all().unwrap();
    assert!(!bundle.to_compact().contains("dli.yaml#"));
}

#[test]
fn an_unknown_family_is_an_error_that_names_it() {
    let error = Description::embedded().unwrap().bundle(&["lamps"]).unwrap_err();
    assert!(error.to_string().contains("lamps"), "{error}");
}

#[test]
fn requests_are_held_to_mandatory_fields_and_answers_are_not() {
    let bundle = Description::embedded().unwrap().bundle(&["enhanced_connections"]).unwrap();
    let request =
        json_schema::of(&bundle, "CreateEnhancedConnectionRequest", Direction::Request).unwrap();
    let answer =
        json_schema::of(&bundle, "CreateEnhancedConnectionRequest", Direction::Response).unwrap();
    let required = |schema: &serde_json::Value| {
        schema["$defs"]["CreateEnhancedConnectionRequest"].get("required").is_some()
    };
    assert!(required(&request) && !required(&answer));
    assert!(json_schema::of(&bundle, "NoSuchSchema", Direction::Request).is_none());
}

#[test]
fn a_folder_without_the_shared_file_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let error = Description::load(folder.path()).unwrap_err();
    assert!(error.to_string().contains("dli.yaml"), "{error}");
}
