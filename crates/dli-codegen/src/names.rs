//! How names of the description become names of Rust. One place, so that the table, the
//! handles and the bindings agree.

use heck::{ToPascalCase, ToSnakeCase};
use proc_macro2::Ident;
use quote::format_ident;

/// The Rust type of a component.
pub fn type_ident(component: &str) -> Ident {
    format_ident!("{}", component.to_pascal_case())
}

/// The Rust name of a field or parameter.
pub fn field_ident(wire: &str) -> Ident {
    let name = wire.to_snake_case();
    if syn::parse_str::<Ident>(&name).is_ok() {
        format_ident!("{name}")
    } else if name.starts_with(|c: char| c.is_ascii_digit()) {
        format_ident!("_{name}")
    } else {
        format_ident!("{name}_")
    }
}

/// The variant of an enumeration's value.
pub fn variant_ident(value: &str) -> Ident {
    let name: String = value
        .replace('+', " plus ")
        .replace('*', " star ")
        .to_pascal_case()
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect();
    match name.as_str() {
        "" => format_ident!("Empty"),
        // The name of the variant for values that no table lists, and a word of the language.
        "Unknown" | "Self" => format_ident!("{name}Value"),
        _ if name.starts_with(|c: char| c.is_ascii_digit()) => format_ident!("V{name}"),
        _ => format_ident!("{name}"),
    }
}

/// The method of a handle: `list_enhanced_connections` of the family `enhanced_connections`
/// is `list`; what is not a verb and the family's own noun keeps its whole name.
pub fn method_name(operation: &str, family: &str) -> String {
    let singular = family.strip_suffix("ies").map_or_else(
        || family.strip_suffix('s').unwrap_or(family).to_owned(),
        |stem| format!("{stem}y"),
    );
    for noun in [family, singular.as_str()] {
        if let Some(verb) = operation.strip_suffix(noun).and_then(|rest| rest.strip_suffix('_'))
            && !verb.contains('_')
        {
            return verb.to_owned();
        }
    }
    operation.to_owned()
}
