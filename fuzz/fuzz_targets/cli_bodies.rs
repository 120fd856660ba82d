//! Parameters, bodies and `field=value` of `dli api OPERATION`: putting them together, holding them
//! against the description and showing the request, as it would be sent.

#![no_main]

use std::collections::HashMap;

use arbitrary::{Result, Unstructured};
use dli_fuzz::{DESCRIPTION, Documents, now_and_then, one_of, text};
use dli_spec::Operation;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|input: &[u8]| {
    let _ = run(&mut Unstructured::new(input));
});

fn run(u: &mut Unstructured<'_>) -> Result<()> {
    let operation = one_of(u, DESCRIPTION.operations())?;
    let schema = operation.request.as_deref().map(|name| &DESCRIPTION.schemas()[name]);
    let mut documents = Documents::new(&DESCRIPTION);
    let parameters = parameters(u, operation, &documents)?;
    let mut fields = Vec::new();
    for _ in 0..u.arbitrary::<u8>()? % 5 {
        let field = field(u, schema.unwrap_or(&Value::Null), &mut documents)?;
        // What names a file is read from it.
        if !field.contains("=@") {
            fields.push(field);
        }
    }
    let body = match (u.arbitrary::<u8>()? % 4, schema) {
        (0, _) => None,
        (1 | 2, Some(schema)) => Some(documents.document(u, schema)?.to_string()),
        _ => Some(String::from_utf8_lossy(u.bytes(u.len())?).into_owned()),
    };
    let body = body.filter(|body| !body.starts_with('@') && body != "-");
    match dli_cli::would_send(&operation.id, parameters, body, fields) {
        Ok(command) => assert!(command.starts_with("curl -X "), "{command}"),
        Err(failure) => {
            assert!(failure.exit().is_some() && !failure.to_string().is_empty());
        }
    }
    Ok(())
}

fn parameters(
    u: &mut Unstructured<'_>,
    operation: &Operation,
    documents: &Documents<'_>,
) -> Result<HashMap<String, Vec<String>>> {
    let mut parameters = HashMap::new();
    for parameter in &operation.parameters {
        // Without bytes: what is required, and nothing else.
        if now_and_then(u, 50)? == parameter.required {
            continue;
        }
        let schema = DESCRIPTION.resolve(&parameter.schema);
        let mut values = vec![documents.text(u, schema)?];
        if now_and_then(u, 30)? {
            values.push(documents.text(u, schema)?);
        }
        parameters.insert(parameter.name.clone(), values);
    }
    Ok(parameters)
}

/// `path=value`, the path one of the schema's for the most part.
fn field(
    u: &mut Unstructured<'_>,
    schema: &Value,
    documents: &mut Documents<'_>,
) -> Result<String> {
    let mut schema = DESCRIPTION.resolve(schema);
    let mut path = String::new();
    for _ in 0..=u.arbitrary::<u8>()? % 4 {
        if schema["type"] == "array" {
            match u.arbitrary::<u8>()? % 4 {
                0 => path.push_str("[]"),
                1 => path.push_str("[0]"),
                2 => path.push_str(&format!("[{}]", u.arbitrary::<u16>()?)),
                _ => path.push_str(&text(u, 4)?),
            }
            schema = DESCRIPTION.resolve(&schema["items"]);
            continue;
        }
        let names: Vec<&String> =
            schema["properties"].as_object().into_iter().flat_map(|p| p.keys()).collect();
        let name = match names.is_empty() || now_and_then(u, 20)? {
            true => text(u, 8)?,
            false => (*one_of(u, &names)?).clone(),
        };
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(&name);
        schema = match schema["properties"].get(&name) {
            Some(property) => DESCRIPTION.resolve(property),
            None => DESCRIPTION.resolve(&schema["additionalProperties"]),
        };
    }
    if now_and_then(u, 10)? {
        // As somebody may do who wants to know.
        path = path.repeat(u.arbitrary::<u8>()?.into());
    }
    Ok(match u.arbitrary::<u8>()? % 8 {
        0 => format!("{path}:={}", documents.document(u, schema)?),
        1 => format!("{path}:={}", text(u, 30)?),
        2 => text(u, 60)?,
        _ => format!("{path}={}", documents.text(u, schema)?),
    })
}
