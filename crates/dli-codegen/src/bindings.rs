//! Runs progenitor and makes what it wrote fit the wire.
//!
//! Generated structs become `#[non_exhaustive]` (every regeneration may add fields), their plain
//! fields decode leniently, and types to send get builders. How the functions send is rewritten by
//! `requests`.

use std::collections::BTreeSet;

use heck::ToPascalCase;
use proc_macro2::TokenStream;
use progenitor_impl::{
    GenerationSettings, Generator, HooksMode, InterfaceStyle, TagStyle, TypeImpl,
};
use quote::{ToTokens, quote};
use syn::{Field, File, GenericArgument, Item, ItemStruct, Meta, PathArguments, Type};

use crate::Error;
use crate::lower::{Lowered, SECRET};
use crate::names::type_ident;
use crate::requests;

pub fn generate(lowered: &Lowered) -> Result<TokenStream, Error> {
    let mut settings = GenerationSettings::default();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_tag(TagStyle::Merged)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::SharedTransport));
    for enumeration in &lowered.enumerations {
        let name = type_ident(&enumeration.name).to_string();
        let path = format!("crate::types::{name}");
        settings.with_replacement(name, path, [TypeImpl::Display].into_iter());
    }
    settings.with_replacement(SECRET, "crate::Secret", std::iter::empty());
    let tokens = Generator::new(&settings).generate_tokens(&lowered.document)?;
    let mut file: File = syn::parse2(tokens)?;
    requests::rewrite(&mut file)?;
    for item in &mut file.items {
        match item {
            Item::Mod(module) if module.ident == "types" => {
                let items = module.content.iter_mut().flat_map(|(_, items)| items);
                for item in items {
                    if let Item::Struct(structure) = item {
                        soften(structure, lowered);
                    }
                }
                let names: BTreeSet<_> =
                    lowered.enumerations.iter().map(|e| type_ident(&e.name)).collect();
                if let Some((_, items)) = &mut module.content {
                    items.push(syn::parse_quote!(
                        use crate::lenient;
                    ));
                    if !names.is_empty() {
                        items.push(syn::parse_quote!(pub use crate::open_enums::{#(#names),*};));
                    }
                }
            }
            _ => {}
        }
    }
    let mut tokens = file.into_token_stream();
    tokens.extend(words(lowered));
    Ok(tokens)
}

fn soften(structure: &mut ItemStruct, lowered: &Lowered) {
    let name = structure.ident.to_string();
    structure.attrs.push(syn::parse_quote!(#[non_exhaustive]));
    structure.attrs.push(syn::parse_quote!(
        #[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
    ));
    if lowered.sent.contains(&name) && matches!(structure.fields, syn::Fields::Named(_)) {
        structure.attrs.push(syn::parse_quote!(#[derive(::bon::Builder)]));
        structure.attrs.push(syn::parse_quote!(#[builder(on(::std::string::String, into))]));
    }
    for field in &mut structure.fields {
        let key = (name.clone(), field.ident.as_ref().map(ToString::to_string).unwrap_or_default());
        soften_field(field, lowered.words.contains_key(&key).then(|| words_ident(&key)));
        for alias in lowered.aliases.get(&key).into_iter().flatten() {
            field.attrs.push(syn::parse_quote!(#[serde(alias = #alias)]));
        }
        if lowered.sent.contains(&name) && takes_conversions(&field.ty) {
            field.attrs.push(syn::parse_quote!(#[builder(into)]));
        }
    }
}

/// The type that carries the words of a number's values.
fn words_ident((structure, field): &(String, String)) -> proc_macro2::Ident {
    quote::format_ident!("{structure}{}", field.to_pascal_case())
}

/// The types that carry the words of numbers' values.
fn words(lowered: &Lowered) -> TokenStream {
    let types = lowered.words.iter().map(|(key, words)| {
        let ident = words_ident(key);
        let words = words.iter().map(|(word, number)| quote!((#word, #number)));
        quote! {
            pub struct #ident;
            impl crate::lenient::Words for #ident {
                const WORDS: &'static [(&'static str, i64)] = &[#(#words),*];
            }
        }
    });
    quote!(pub(crate) mod words { #(#types)* })
}

/// Attaches the lenient decoder to fields of plain types.
fn soften_field(field: &mut Field, words: Option<proc_macro2::Ident>) {
    if field.ident.is_none() && last_segment(&field.ty).as_deref() == Some("Vec") {
        field.attrs.push(syn::parse_quote!(#[serde(deserialize_with = "lenient::list_or_one")]));
        return;
    }
    let (inner, optional) = match argument_of(&field.ty, "Option") {
        Some(inner) => (inner, true),
        None => (&field.ty, false),
    };
    let rule = match words {
        Some(words) => quote!(lenient::Worded<crate::generated::words::#words>),
        None => match rule_for(inner) {
            Some(rule) => rule,
            None => return,
        },
    };
    let function = if optional { quote!(optional) } else { quote!(required) };
    let path = quote!(lenient::#function::<#rule, _>).to_string().replace(' ', "");
    field.attrs.push(syn::parse_quote!(#[serde(deserialize_with = #path)]));
    if optional {
        make_default(field);
    }
}

/// A field that may be missing, as it has to be said where it has a decoder of its own.
fn make_default(field: &mut Field) {
    let given = field.attrs.iter_mut().find_map(|attribute| match &mut attribute.meta {
        Meta::List(list) if list.path.is_ident("serde") => Some(&mut list.tokens),
        _ => None,
    });
    match given {
        Some(tokens) => *tokens = quote!(default, #tokens),
        None => field.attrs.push(syn::parse_quote!(#[serde(default)])),
    }
}

/// The decoding rule of a type; `None` when serde's own will do.
fn rule_for(ty: &Type) -> Option<TokenStream> {
    let leaf = last_segment(ty)?;
    match leaf.as_str() {
        "bool" => Some(quote!(lenient::Boolean)),
        "i64" => Some(quote!(lenient::Integer)),
        "f64" => Some(quote!(lenient::Number)),
        "String" => Some(quote!(lenient::Text)),
        "Vec" => {
            let rule = rule_for(argument_of(ty, "Vec")?)?;
            Some(quote!(lenient::List<#rule>))
        }
        "HashMap" => {
            let rule = rule_for(map_value(ty)?)?;
            Some(quote!(lenient::Map<#rule>))
        }
        _ => None,
    }
}

/// Whether a setter should take anything that becomes the type: open enumerations and secrets
/// are mostly given as text.
fn takes_conversions(ty: &Type) -> bool {
    let inner = argument_of(ty, "Option").unwrap_or(ty);
    match inner {
        Type::Path(path) => {
            path.path.segments.first().is_some_and(|segment| segment.ident == "crate")
        }
        _ => false,
    }
}

fn last_segment(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    }
}

fn arguments(ty: &Type) -> Vec<&Type> {
    let Type::Path(path) = ty else { return Vec::new() };
    let Some(segment) = path.path.segments.last() else { return Vec::new() };
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return Vec::new() };
    arguments
        .args
        .iter()
        .filter_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
        .collect()
}

fn argument_of<'a>(ty: &'a Type, wrapper: &str) -> Option<&'a Type> {
    (last_segment(ty)? == wrapper).then(|| arguments(ty).into_iter().next()).flatten()
}

fn map_value(ty: &Type) -> Option<&Type> {
    arguments(ty).into_iter().nth(1)
}
