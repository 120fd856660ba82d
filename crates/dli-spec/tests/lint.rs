//! Each rule of the description is broken once, and found.

use std::fs;
use std::path::Path;

use dli_spec::{Description, lint};

const SHARED: &str = r##"
openapi: 3.0.3
info: { title: Test, version: "1" }
paths: {}
components:
  responses:
    Error:
      description: It failed.
      content:
        application/json:
          schema: { $ref: "#/components/schemas/ErrorBody" }
  schemas:
    ErrorBody:
      type: object
      description: Why it failed.
      properties:
        error_code: { type: string, description: The code. }
"##;

const FAMILY: &str = r##"
openapi: 3.0.3
info: { title: Lamps, version: "1" }
tags: [{ name: lamps, description: Lamps. }]
paths:
  /v1/lamps/{lamp_id}:
    get:
      operationId: show_lamp
      tags: [lamps]
      summary: Show a lamp.
      description: Tells how bright a lamp burns, and since when.
      x-sources: [zh/lamp.md]
      x-idempotent: true
      x-paging: none
      parameters:
        - name: lamp_id
          in: path
          required: true
          description: Which lamp.
          schema: { type: string }
        - name: page-size
          in: query
          required: false
          description: How many.
          schema: { type: integer, format: int64 }
      responses:
        "200":
          description: The lamp.
          content:
            application/json:
              schema: { $ref: "#/components/schemas/Lamp" }
        "201":
          description: The lamp.
          content:
            application/json:
              schema: { $ref: "#/components/schemas/Lamp" }
        "400": { $ref: "dli.yaml#/components/responses/Error" }
    put:
      operationId: update_lamp
      tags: [lamps]
      summary: Change a lamp.
      description: Makes a lamp burn as bright as told.
      x-sources: [en/lamp.rst]
      x-idempotent: true
      x-paging: none
      parameters:
        - name: lamp_id
          in: path
          required: true
          description: Which lamp.
          schema: { type: string }
      requestBody:
        required: true
        content:
          application/json:
            schema: { $ref: "#/components/schemas/Lamp" }
      responses:
        "200": { description: Done. }
        "400": { $ref: "dli.yaml#/components/responses/Error" }
components:
  schemas:
    Lamp:
      type: object
      description: A lamp.
      required: [name]
      properties:
        name: { type: string, description: What it is called. }
        lit_time: { type: integer, format: int64, description: Since when it burns., x-unit: epoch-milliseconds }
        glow: { $ref: "#/components/schemas/Glow" }
    Glow:
      type: string
      description: How it glows.
      x-extensible-enum: [RED, BLUE]
"##;

fn load(folder: &Path, shared: &str, family: &str, rulings: &str) -> Description {
    fs::write(folder.join("dli.yaml"), shared).unwrap();
    fs::write(folder.join("lamps.yaml"), family).unwrap();
    fs::write(folder.join("rulings.yaml"), rulings).unwrap();
    Description::load(folder).unwrap()
}

fn findings(family: &str, rulings: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    lint::lint(&load(folder.path(), SHARED, family, rulings))
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn a_description_that_keeps_the_rules_has_no_findings() {
    assert_eq!(findings(FAMILY, "[]"), Vec::<String>::new());
}

#[test]
fn every_broken_rule_is_found_where_it_is_broken() {
    let cases = [
        ("operationId: show_lamp", "operationId: showLamp", "snake_case"),
        ("operationId: update_lamp", "operationId: show_lamp", "the id is used"),
        ("tags: [lamps]", "tags: [lights]", "tags:"),
        ("summary: Show a lamp.", "summary: Show a lamp", "full stop"),
        (
            "description: Tells how bright a lamp burns, and since when.",
            "description: Lamp.",
            "say what",
        ),
        ("x-sources: [zh/lamp.md]", "x-sources: []", "x-sources"),
        ("x-sources: [zh/lamp.md]", "x-sources: [blog/lamp.md]", "x-sources"),
        ("      x-idempotent: true\n", "", "x-idempotent"),
        ("      x-paging: none\n", "", "x-paging"),
        (
            "x-paging: none",
            "x-paging: { style: offset-limit, offset: o, limit: page-size, items: name }",
            "no parameter `o`",
        ),
        ("x-paging: none", "x-paging: { style: single, items: lamps }", "no field `lamps`"),
        ("x-paging: none", "x-paging: { style: single, items: name }", "not an array"),
        ("name: lamp_id\n", "name: lamp\n", "path has"),
        (
            "          required: true\n          description: Which lamp.",
            "          description: Which lamp.",
            "required",
        ),
        ("name: page-size", "name: lamp-id", "one Rust name"),
        ("description: How many.", "description: \"\"", "describe it"),
        ("\"201\":", "201:", "quote the status"),
        ("required: true\n        content", "content", "requestBody: say whether"),
        (
            "\"400\": { $ref: \"dli.yaml#/components/responses/Error\" }",
            "\"400\": { description: No. }",
            "every status of failure",
        ),
        (
            "\"201\":\n          description: The lamp.\n          content:\n            application/json:\n              schema: { $ref: \"#/components/schemas/Lamp\" }",
            "\"201\": { description: Nothing. }",
            "share one schema",
        ),
        ("    Lamp:\n", "    lamp:\n", "PascalCase"),
        (
            "Lamp:\n      type: object\n      description: A lamp.",
            "Lamp:\n      type: object",
            "describe it",
        ),
        ("required: [name]", "required: [colour]", "no property"),
        ("description: What it is called.", "description: \" \"", "describe it"),
        ("format: int64, description: Since", "format: int32, description: Since", "format: int64"),
        (", x-unit: epoch-milliseconds", "", "in which unit"),
        ("x-unit: epoch-milliseconds", "x-unit: jiffies", "x-unit"),
        ("x-extensible-enum: [RED, BLUE]", "enum: [RED, BLUE]", "closed enumerations"),
        ("x-extensible-enum: [RED, BLUE]", "x-extensible-enum: [RED, red]", "twice"),
        (
            "{ $ref: \"#/components/schemas/Glow\" }",
            "{ type: string, description: A., x-extensible-enum: [RED] }",
            "a component",
        ),
        (
            "{ $ref: \"#/components/schemas/Glow\" }",
            "{ type: object, description: A., properties: {} }",
            "a component",
        ),
        ("{ $ref: \"#/components/schemas/Glow\" }", "{ type: array, description: A. }", "items"),
        ("glow: {", "Name: { type: string, description: B. }\n        glow: {", "one Rust name"),
        (
            "{ $ref: \"#/components/schemas/Glow\" }",
            "{ $ref: \"other.yaml#/components/schemas/Glow\" }",
            "refer to",
        ),
        (
            "glow: { $ref: \"#/components/schemas/Glow\" }",
            "glow: { type: string, description: No enumeration. }",
            "no operation reaches",
        ),
        ("x-idempotent: true", "x-idempotent: true\n      x-colour: red", "unknown extension"),
    ];
    for (from, to, expected) in cases {
        assert!(FAMILY.contains(from), "the case `{from}` fits nothing");
        let found = findings(&FAMILY.replacen(from, to, 1), "[]");
        assert!(found.iter().any(|finding| finding.contains(expected)), "{to}: {found:#?}");
    }
}

#[test]
fn a_ruling_names_an_operation_a_place_a_source_and_a_reason() {
    let ruling = "- { operation: show_lamp, at: response.body.name, aspect: type, says: { zh/lamp.md: number }, holds: text, why: because }";
    assert_eq!(findings(FAMILY, ruling), Vec::<String>::new());
    let cases = [
        ("operation: show_lamp", "operation: no_lamp", "no operation `no_lamp`"),
        ("operation: show_lamp", "operations: []", "name the operation"),
        ("operation: show_lamp", "operation: \"*\"", "no wildcards"),
        ("at: response.body.name", "at: []", "`at` is empty"),
        ("at: response.body.name", "at: \"response.body.*\"", "no wildcards"),
        ("{ zh/lamp.md: number }", "{}", "which source"),
        ("why: because", "why: \" \"", "`why` is empty"),
        ("why: because", "why: because, by: ear", "`by` is `reader`"),
    ];
    for (from, to, expected) in cases {
        assert!(ruling.contains(from), "the case `{from}` fits nothing");
        let found = findings(FAMILY, &ruling.replacen(from, to, 1));
        assert!(found.iter().any(|finding| finding.contains(expected)), "{to}: {found:#?}");
    }
}

#[test]
fn a_ruling_is_about_one_place_or_several_and_made_by_the_audit_or_a_reader() {
    let write = |at: &str, by: &str| {
        let ruling = format!(
            "- {{ operations: [show_lamp, update_lamp], at: {at}, aspect: type, says: {{ zh/lamp.md: number }}, holds: text, why: because{by} }}"
        );
        let folder = tempfile::tempdir().unwrap();
        let description = load(folder.path(), SHARED, FAMILY, &ruling);
        assert_eq!(
            lint::lint(&description).iter().map(ToString::to_string).collect::<Vec<_>>(),
            Vec::<String>::new()
        );
        description.rulings()[0].clone()
    };
    let one = write("response.body.name", "");
    assert_eq!((one.at, one.by), (vec!["response.body.name".to_owned()], None));
    let two = write("[response.body.name, response.body.glow]", ", by: reader");
    assert_eq!(two.at, ["response.body.name", "response.body.glow"]);
    assert!(two.is_by_reader());
    assert_eq!(two.operations().collect::<Vec<_>>(), ["show_lamp", "update_lamp"]);
}

#[test]
fn the_description_of_this_project_keeps_its_rules() {
    let findings = lint::lint(&Description::embedded().unwrap());
    assert!(findings.is_empty(), "{findings:#?}");
}
