//! One invented page in the five forms in which the documentation exists: each form has to give
//! the same facts.

use std::collections::BTreeMap;

use dli_audit::description::Description;
use dli_audit::facts::{FieldFact, Location, OperationFacts};
use dli_audit::source_files::{SourceFile, Sources};
use dli_audit::sources::{self, SourceKind};
use dli_audit::{compare, drift};

/// The forms: name, text, kind.
pub const FORMS: [(&str, &str, SourceKind); 5] = [
    ("kettle_html.md", include_str!("fixtures/kettle_html.md"), SourceKind::MarkdownHtml),
    ("kettle_pipe.md", include_str!("fixtures/kettle_pipe.md"), SourceKind::MarkdownPipe),
    ("kettle.rst", include_str!("fixtures/kettle.rst"), SourceKind::Rst),
    ("kettle.txt", include_str!("fixtures/kettle.txt"), SourceKind::PlainText),
    ("Kettle.json", include_str!("fixtures/Kettle.json"), SourceKind::Explorer),
];

fn read(name: &str, text: &str) -> SourceFile {
    let (kind, facts) = sources::read(text).expect("documentation");
    SourceFile { name: format!("pages/{name}"), kind, facts }
}

fn description() -> Description {
    Description::from_texts(&[
        ("dli.yaml", include_str!("fixtures/dli.yaml")),
        ("kettles.yaml", include_str!("fixtures/kettles.yaml")),
    ])
    .expect("well formed")
}

/// A field in one line; what an API definition cannot be silent about is left out.
fn line(field: &FieldFact, with_flag: bool) -> (String, String) {
    let mut facts = vec![field.kind.as_ref().map_or_else(|| "?".to_owned(), ToString::to_string)];
    if with_flag {
        facts.extend(field.mandatory.map(|yes| if yes { "must" } else { "may" }.to_owned()));
    }
    facts.extend(field.values.iter().cloned());
    let stated = field.limits.stated();
    facts.extend(
        stated.iter().filter(|(_, v)| *v != "0").map(|(name, value)| format!("{name}={value}")),
    );
    facts.extend(field.default.iter().map(|d| format!("default={d}")));
    (field.at(), facts.join(" "))
}

fn lines(operation: &OperationFacts, flags: bool) -> BTreeMap<String, String> {
    let fields = operation.fields.iter().filter(|f| f.location != Location::Header);
    fields.map(|f| line(f, flags || f.direction == dli_audit::facts::Direction::Request)).collect()
}

#[test]
fn all_five_forms_of_a_page_give_the_same_facts() {
    let (_, first, _) = FORMS[0];
    let model = read("model", first);
    let model = &model.facts.operations[0];
    insta::assert_snapshot!(
        lines(model, true).iter().map(|(at, facts)| format!("{at}: {facts}")).collect::<Vec<_>>().join("\n"),
        @r"
    request.body.label: string must maxLength=40
    request.body.mode: string may slow fast
    request.body.spouts: array of object may
    request.body.spouts[].material: string may
    request.body.spouts[].width: integer must
    request.body.temperature: integer may minimum=20 maximum=100 default=95
    request.path.kettle_id: string must minLength=1 maxLength=64
    request.path.project_id: string must
    request.query.dry-run: boolean may default=false
    response.body.is_success: boolean may
    response.body.state: string may HEATING READY
    "
    );
    for (name, text, kind) in FORMS {
        let file = read(name, text);
        assert_eq!(file.kind, kind, "{name}");
        assert!(file.facts.failures.is_empty(), "{name}: {:?}", file.facts.failures);
        assert!(file.facts.unplaced.is_empty(), "{name}: {:?}", file.facts.unplaced);
        assert_eq!(file.facts.operations.len(), 1, "{name}");
        let operation = &file.facts.operations[0];
        assert_eq!(operation.address(), "PUT /v9/{project_id}/kettles/{kettle_id}", "{name}");
        assert_eq!(operation.statuses, model.statuses, "{name}");
        // A definition says nothing about the presence of fields of an answer.
        let flags = kind != SourceKind::Explorer;
        assert_eq!(lines(operation, flags), lines(model, flags), "{name}");
        let values = |o: &OperationFacts| -> Vec<serde_json::Value> {
            o.examples.iter().map(|e| e.value.clone().expect("JSON")).collect()
        };
        assert_eq!(values(operation), values(model), "{name}");
    }
}

#[test]
fn no_form_contradicts_a_description_that_holds_what_it_says() {
    let description = description();
    for (name, text, _) in FORMS {
        let sources = Sources { files: vec![read(name, text)], skipped: Vec::new() };
        assert_eq!(compare::compare(&sources, &description), [], "{name}");
        assert_eq!(drift::find(&sources, &description), [], "{name}");
    }
    let files = FORMS.iter().map(|(name, text, _)| read(name, text)).collect();
    let all = Sources { files, skipped: Vec::new() };
    assert_eq!(drift::find(&all, &description), [], "the five forms against one another");
}
