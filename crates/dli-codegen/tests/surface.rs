//! Every regeneration is reviewed here: one snapshot a family and one of the operation table.
//! `cargo xtask regen` rewrites them.

use dli_codegen::{family_surface, operation_surface};
use dli_spec::Description;

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
    assert!(stale.is_empty(), "stale: {stale:?}; run `cargo xtask regen` and review the difference");
}

#[test]
fn the_operation_table_is_the_reviewed_one() {
    let description = Description::embedded().expect("the description loads");
    let bundle = description.bundle_all().expect("the families bundle");
    settings().bind(|| insta::assert_snapshot!("operation_table", operation_surface(&bundle)));
}

#[test]
fn no_snapshot_is_left_of_a_family_that_is_gone() {
    let description = Description::embedded().expect("the description loads");
    let families = description.families();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/surface");
    for entry in std::fs::read_dir(folder).expect("the folder of snapshots") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        let Some(stem) = name.strip_suffix(".snap") else { continue };
        assert!(families.contains(&stem) || stem == "operation_table", "{name} is of no family");
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
