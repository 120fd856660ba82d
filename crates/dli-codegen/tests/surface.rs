//! Every regeneration is reviewed here: one snapshot a family and one of the operation table.
//! `cargo xtask regen` rewrites them.

use dli_codegen::{family_surface, operation_surface, shared_surface};
use dli_spec::{Bundle, Description};
use serde_json::Value;

fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path("surface");
    settings
}

#[test]
fn the_surface_of_every_family_is_the_reviewed_one() {
    let description = Description::embedded().expect("the description loads");
    let mut stale = Vec::new();
    settings().bind(|| {
        for family in description.families() {
            let bundle = description.bundle(&[family]).expect("the family bundles");
            let surface = family_surface(&bundle).expect("the family generates");
            // All families are compared before the test fails, so that one run shows everything.
            let compared = std::panic::catch_unwind(|| insta::assert_snapshot!(family, surface));
            if compared.is_err() {
                stale.push(family.to_owned());
            }
        }
    });
    assert!(
        stale.is_empty(),
        "stale: {stale:?}; run `cargo xtask regen` and review the difference"
    );
}

#[test]
fn the_operation_table_is_the_reviewed_one() {
    let description = Description::embedded().expect("the description loads");
    let bundle = description.bundle_all().expect("the families bundle");
    settings().bind(|| insta::assert_snapshot!("operation_table", operation_surface(&bundle)));
}

#[test]
fn what_all_families_share_is_the_reviewed_one() {
    let description = Description::embedded().expect("the description loads");
    let bundle = description.bundle_all().expect("the families bundle");
    settings().bind(|| insta::assert_snapshot!("shared", shared_surface(&bundle)));
}

/// Everything a reviewer is shown of a document. What the generator refuses, by an error or a
/// panic, is noticed as well.
fn shown(document: Value) -> Option<String> {
    let show = || {
        let bundle = Bundle::new(document).ok()?;
        let surface = family_surface(&bundle).ok()?;
        Some(surface + &operation_surface(&bundle) + &shared_surface(&bundle))
    };
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(show)).ok().flatten()
}

#[test]
fn no_value_of_the_description_changes_without_showing_in_a_snapshot() {
    let description = Description::embedded().unwrap();
    let document = description.bundle(&["datasource_connections"]).unwrap().document().clone();
    let before = shown(document.clone());
    assert!(before.is_some());
    let mut places = Vec::new();
    scalars(&document, String::new(), &mut places);
    let mut silent = Vec::new();
    for place in &places {
        let mut changed = document.clone();
        let value = changed.pointer_mut(place).unwrap();
        *value = match &*value {
            // A type has to stay one that the generator knows.
            Value::String(kind)
                if place.ends_with("/type") && !place.contains("securitySchemes") =>
            {
                Value::from(if kind == "boolean" { "string" } else { "boolean" })
            }
            Value::Bool(flag) => Value::Bool(!flag),
            Value::Number(number) => Value::from(number.as_i64().unwrap_or(0) + 1),
            Value::String(text) => Value::String(format!("{text}X")),
            _ => Value::from("X"),
        };
        if shown(changed) == before {
            silent.push(place);
        }
    }
    println!("{} values changed, one at a time", places.len());
    assert!(silent.is_empty(), "{silent:#?}");
}

/// Pointers to all values that are neither objects nor lists, but for those that only the lint
/// holds: the dialect, the shared error answer, references, formats, what is always required.
fn scalars(value: &Value, at: String, found: &mut Vec<String>) {
    let escape = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                scalars(inner, format!("{at}/{}", escape(key)), found);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                scalars(inner, format!("{at}/{index}"), found);
            }
        }
        _ => {
            let fixed = ["/openapi", "/info/license", "/components/responses", "/project_id"];
            let linted = at.contains("/responses/4") || at.contains("/responses/5");
            let held = ["/in", "/$ref", "/format", "/x-paging", "/required"];
            let linted = linted || held.iter().any(|end| at.ends_with(end));
            if !linted && !fixed.iter().any(|start| at.starts_with(start)) {
                found.push(at);
            }
        }
    }
}

#[test]
fn no_snapshot_is_left_of_a_family_that_is_gone() {
    let description = Description::embedded().expect("the description loads");
    let families = description.families();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/surface");
    for entry in std::fs::read_dir(folder).expect("the folder of snapshots") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        let Some(stem) = name.strip_suffix(".snap") else { continue };
        assert!(
            families.contains(&stem) || ["operation_table", "shared"].contains(&stem),
            "{name} is of no family"
        );
    }
}

#[test]
fn two_runs_of_the_generator_write_the_same_bytes() {
    let generate = || {
        let bundle = Description::embedded().unwrap().bundle_all().unwrap();
        (dli_codegen::api_source(&bundle).unwrap(), dli_codegen::handle_source(&bundle).unwrap())
    };
    assert!(generate() == generate());
}
