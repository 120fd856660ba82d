//! What a reviewer of a regeneration reads: one line a parameter and one a field, with the Rust
//! type the generator really gave it, and the operation table.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use dli_spec::{Bundle, Operation};
use quote::ToTokens;
use serde_json::Value;
use syn::{File, FnArg, ImplItem, Item, ReturnType};

use crate::names::{field_ident, method_name, type_ident, variant_ident};
use crate::{Error, bindings, lower};

/// The surface of one family, from the code that was generated for it.
///
/// # Errors
/// When no code can be generated.
pub fn family_surface(bundle: &Bundle) -> Result<String, Error> {
    let lowered = lower::lower(bundle)?;
    let file: File = syn::parse2(bindings::generate(&lowered)?)?;
    let generated = Generated::read(&file);
    let mut out = String::new();
    for tag in bundle.document()["tags"].as_array().into_iter().flatten() {
        let text = |key: &str| tag[key].as_str().unwrap_or_default();
        let _ = writeln!(out, "{}: {}\n", text("name"), one_line(text("description")));
    }
    for operation in bundle.operations() {
        write_operation(&mut out, bundle, operation, &generated);
    }
    let mut names: Vec<&String> = bundle.schemas().keys().collect();
    names.sort();
    for name in names {
        write_schema(&mut out, bundle, name, &generated);
    }
    Ok(out)
}

/// What all families share and no type shows: the service, its error codes, its regions.
pub fn shared_surface(bundle: &Bundle) -> String {
    let document = bundle.document();
    let mut out = String::new();
    let info = &document["info"];
    for key in ["title", "version", "description"] {
        let _ = writeln!(out, "{key}: {}", one_line(info[key].as_str().unwrap_or_default()));
    }
    for server in document["servers"].as_array().into_iter().flatten() {
        let _ = writeln!(out, "server {server}");
    }
    let _ = writeln!(out, "security {}", document["security"]);
    for (name, scheme) in
        document["components"]["securitySchemes"].as_object().into_iter().flatten()
    {
        let _ = writeln!(out, "scheme {name} {scheme}");
    }
    for (name, parameter) in document["components"]["parameters"].as_object().into_iter().flatten()
    {
        let description = parameter["description"].as_str().unwrap_or_default();
        let _ = writeln!(out, "parameter {name}: {}", one_line(description));
    }
    for entry in bundle.error_codes() {
        let status = entry["status"].as_u64().map_or_else(|| "-".to_owned(), |s| s.to_string());
        let text = |key: &str| entry[key].as_str().unwrap_or_default();
        let sources = entry["x-sources"].as_array().into_iter().flatten();
        let sources: String =
            sources.map(|source| format!(" · {}", source.as_str().unwrap_or_default())).collect();
        let _ = writeln!(out, "error {} {status} {}{sources}", text("code"), text("meaning"));
    }
    for entry in bundle.regions() {
        let text = |key: &str| entry[key].as_str().unwrap_or_default();
        let _ = writeln!(out, "region {} {}", text("region"), text("host"));
    }
    out
}

/// The operation table, one line an operation.
pub fn operation_surface(bundle: &Bundle) -> String {
    let mut out = String::new();
    for operation in bundle.operations() {
        let paging = &operation.paging;
        let style = serde_json::to_value(paging.style).unwrap_or_default();
        let mut marks = Vec::new();
        if operation.idempotent {
            marks.push("idempotent".to_owned());
        }
        if operation.deprecated {
            marks.push("deprecated".to_owned());
        }
        if style != "none" {
            let field = |name: &Option<String>| name.clone().unwrap_or_else(|| "-".to_owned());
            marks.push(format!(
                "paging {} {} {} in {} of {}",
                style.as_str().unwrap_or_default(),
                field(&paging.offset),
                field(&paging.limit),
                field(&paging.items),
                field(&paging.total),
            ));
        }
        let statuses: Vec<String> = operation.success_statuses().map(|s| s.to_string()).collect();
        let _ = writeln!(
            out,
            "{:<50} {:<6} {} [{}] {}",
            operation.id,
            operation.method,
            operation.path,
            statuses.join(" "),
            marks.join(", ")
        );
    }
    out
}

/// Signatures and field types as the generator wrote them.
struct Generated {
    functions: BTreeMap<String, String>,
    fields: BTreeMap<(String, String), String>,
}

impl Generated {
    fn read(file: &File) -> Self {
        let mut generated = Self { functions: BTreeMap::new(), fields: BTreeMap::new() };
        for item in &file.items {
            match item {
                Item::Mod(module) if module.ident == "types" => {
                    for item in module.content.iter().flat_map(|(_, items)| items) {
                        generated.read_type(item);
                    }
                }
                Item::Impl(block) if block.trait_.is_none() => {
                    generated.read_functions(&block.items)
                }
                _ => {}
            }
        }
        generated
    }

    fn read_type(&mut self, item: &Item) {
        let Item::Struct(structure) = item else { return };
        for field in &structure.fields {
            let name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
            let key = (structure.ident.to_string(), name);
            self.fields.insert(key, plain(field.ty.to_token_stream()));
        }
    }

    fn read_functions(&mut self, items: &[ImplItem]) {
        for item in items {
            let ImplItem::Fn(function) = item else { continue };
            let arguments: Vec<String> = function
                .sig
                .inputs
                .iter()
                .filter(|argument| matches!(argument, FnArg::Typed(_)))
                .map(|argument| plain(argument.to_token_stream()))
                .collect();
            let answer = match &function.sig.output {
                ReturnType::Type(_, ty) => plain(ty.to_token_stream()),
                ReturnType::Default => "()".to_owned(),
            };
            let signature = format!("({}) -> {answer}", arguments.join(", "));
            self.functions.insert(function.sig.ident.to_string(), signature);
        }
    }
}

/// A type as a person writes it.
fn plain(tokens: proc_macro2::TokenStream) -> String {
    let mut text = tokens.to_string();
    for path in ["std :: option ::", "std :: string ::", "std :: vec ::", "std :: collections ::"] {
        text = text.replace(&format!(":: {path} "), "").replace(&format!("{path} "), "");
    }
    for (from, to) in [
        (" < ", "<"),
        (" >", ">"),
        ("& 'a ", "&"),
        (" :: ", "::"),
        (" : ", ": "),
        (" , ", ", "),
        ("types::", ""),
        ("crate::", ""),
        (":: serde_json::", "serde_json::"),
    ] {
        text = text.replace(from, to);
    }
    let reply =
        text.strip_prefix("Result<ResponseValue<").and_then(|rest| rest.split_once(">, Error<"));
    match reply {
        Some((value, _)) => value.to_owned(),
        None => text,
    }
}

fn write_operation(
    out: &mut String,
    bundle: &Bundle,
    operation: &Operation,
    generated: &Generated,
) {
    let id = &operation.id;
    let signature = generated.functions.get(id).map_or("?", String::as_str);
    let _ = writeln!(out, "{} {}", operation.method, operation.path);
    let _ = writeln!(out, "  fn {id}{signature}");
    let method = method_name(id, &operation.family);
    let mut marks = vec![format!("handle .{method}()")];
    marks.push(if operation.idempotent { "idempotent" } else { "not idempotent" }.to_owned());
    if operation.deprecated {
        let successor = operation.successor.as_deref().unwrap_or("none named");
        marks.push(format!("deprecated, successor: {successor}"));
    }
    if let Ok(Value::Object(paging)) = serde_json::to_value(&operation.paging)
        && paging["style"] != "none"
    {
        let words: Vec<String> = paging
            .iter()
            .map(|(key, value)| {
                format!("{key}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            })
            .collect();
        marks.push(format!("paging {}", words.join(" ")));
    }
    let _ = writeln!(out, "  {}", marks.join(" · "));
    let statuses: Vec<String> = operation.statuses.iter().map(u16::to_string).collect();
    let _ = writeln!(out, "  statuses {}", statuses.join(" "));
    if operation.request.is_some() && !operation.request_required {
        let _ = writeln!(out, "  the body may be left out");
    }
    write_answers(out, bundle, operation);
    let _ = writeln!(out, "  sources {}", operation.sources.join(", "));
    let _ = writeln!(out, "  {} {}", operation.summary, one_line(&operation.description));
    for parameter in operation.parameters.iter().filter(|p| p.name != "project_id") {
        let place = serde_json::to_value(parameter.location).unwrap_or_default();
        let _ = writeln!(
            out,
            "    {} {}{}: {}{}",
            place.as_str().unwrap_or_default(),
            parameter.name,
            if parameter.required { " (mandatory)" } else { "" },
            one_line(&parameter.description),
            in_brackets(&lower::facts(bundle.resolve(&parameter.schema))),
        );
    }
    out.push('\n');
}

/// What the success of each status means.
fn write_answers(out: &mut String, bundle: &Bundle, operation: &Operation) {
    let method = operation.method.to_lowercase();
    let answers = &bundle.document()["paths"][&operation.path][&method]["responses"];
    for status in operation.success_statuses() {
        let description = answers[status.to_string()]["description"].as_str().unwrap_or_default();
        let _ = writeln!(out, "  {status} {}", one_line(description));
    }
}

fn write_schema(out: &mut String, bundle: &Bundle, name: &str, generated: &Generated) {
    let schema = &bundle.schemas()[name];
    let ident = type_ident(name).to_string();
    let description = one_line(schema["description"].as_str().unwrap_or_default());
    if lower::is_open_enumeration(schema) {
        let _ = writeln!(out, "enum {ident}: {description}{}", in_brackets(&lower::facts(schema)));
        for value in schema["x-extensible-enum"].as_array().into_iter().flatten() {
            let value = value.as_str().unwrap_or_default();
            let meaning = schema["x-enum-descriptions"][value].as_str().unwrap_or_default();
            let _ = writeln!(out, "  {} = {value:?}: {meaning}", variant_ident(value));
        }
        let _ = writeln!(out, "  Unknown(String)\n");
        return;
    }
    let _ = writeln!(out, "struct {ident}: {description}{}", in_brackets(&lower::facts(schema)));
    for key in ["items", "additionalProperties"] {
        if schema.get(key).is_some() {
            let _ = writeln!(out, "  {key}: {}", schema[key]);
        }
    }
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (wire, property) in schema["properties"].as_object().into_iter().flatten() {
        let field = field_ident(wire).to_string();
        let key = (ident.clone(), field.clone());
        let ty = generated.fields.get(&key).map_or("?", String::as_str);
        let mut facts = lower::facts(property);
        if field.trim_start_matches("r#") != wire {
            facts.push(format!("wire name {wire}"));
        }
        for alias in property["x-aliases"].as_array().into_iter().flatten() {
            facts.push(format!("also {}", alias.as_str().unwrap_or_default()));
        }
        let description = one_line(property["description"].as_str().unwrap_or_default());
        let mandatory = if required.contains(&wire.as_str()) { " (mandatory)" } else { "" };
        if property["items"].get("type").is_some() {
            facts.extend(inner_facts("items", &property["items"]));
        }
        if property["additionalProperties"].is_object() {
            facts.extend(inner_facts("values", &property["additionalProperties"]));
        }
        let line = format!("  {field}: {ty}{mandatory}  {description}{}", in_brackets(&facts));
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out.push('\n');
}

/// What is said of the elements of a list or map.
fn inner_facts(what: &str, schema: &Value) -> Vec<String> {
    let description = one_line(schema["description"].as_str().unwrap_or_default());
    let facts = lower::facts(schema);
    if description.is_empty() && facts.is_empty() {
        return Vec::new();
    }
    vec![format!("{what}: {description} {}", facts.join("; ")).trim_end().to_owned()]
}

fn in_brackets(facts: &[String]) -> String {
    if facts.is_empty() { String::new() } else { format!(" [{}]", facts.join("; ")) }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
