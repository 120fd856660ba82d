//! Enumerations that accept what no table lists.

use proc_macro2::TokenStream;
use quote::quote;

use crate::lower::Enumeration;
use crate::names::{type_ident, variant_ident};

pub fn generate(enumerations: &[Enumeration]) -> TokenStream {
    let enumerations = enumerations.iter().map(|enumeration| {
        let name = type_ident(&enumeration.name);
        let description = &enumeration.description;
        let variants = enumeration.values.iter().map(|(value, meaning)| {
            let variant = variant_ident(value);
            let doc = if meaning.is_empty() { format!("`{value}`.") } else { meaning.clone() };
            quote!(#[doc = #doc] #variant = #value)
        });
        quote! {
            crate::open_enum::open_enum! {
                #[doc = #description]
                #name { #(#variants),* }
            }
        }
    });
    quote! {
        /// Enumerations with the values the documentation lists, open for others.
        pub(crate) mod open_enums { #(#enumerations)* }
    }
}
