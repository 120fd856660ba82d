//! The operation table: what a transport, a pager or a command line must know at run time.

use dli_spec::{Bundle, Location, Operation, Paging, PagingStyle, Parameter};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::names::{field_ident, type_ident};

pub fn generate(bundle: &Bundle) -> TokenStream {
    // Sorted by id, so that a look-up is a binary search.
    let rows = bundle.operations().iter().map(row);
    let outcomes = outcomes(bundle);
    let (schemas, idents): (Vec<_>, Vec<_>) =
        bundle.schemas().keys().map(|name| (name, type_ident(name))).unzip();
    let codes = bundle.error_codes().iter().map(|entry| {
        let code = entry["code"].as_str().unwrap_or_default();
        let meaning = entry["meaning"].as_str().unwrap_or_default();
        let status = option(entry["status"].as_u64().and_then(|status| u16::try_from(status).ok()));
        quote!(#code, #status, #meaning)
    });
    let regions = bundle.regions().iter().map(|entry| {
        let region = entry["region"].as_str().unwrap_or_default();
        let host = entry["host"].as_str().unwrap_or_default();
        quote!(#region, #host)
    });
    quote! {
        /// Every operation of the enabled families, sorted by id.
        pub static OPERATIONS: &[crate::Operation] = &[#(#rows),*];
        /// Every error code that the documentation lists.
        pub static DOCUMENTED_ERRORS: &[crate::DocumentedError] = crate::operation::documented_errors! { #(#codes;)* };
        /// Every region of Huawei Cloud that the sources name.
        pub static REGIONS: &[crate::Region] = crate::operation::regions! { #(#regions;)* };
        /// Every type by the name of its schema.
        #[cfg(feature = "codecs")]
        pub static CODECS: &[crate::codecs::Codec] = crate::codecs::codecs! { #(#schemas #idents,)* };
        #outcomes
    }
}

fn row(operation: &Operation) -> TokenStream {
    let Operation { id, family, path, summary, deprecated, idempotent, statuses, sources, .. } =
        operation;
    let method = format_ident!("{}", operation.method);
    let successor = option(operation.successor.as_ref());
    let request = option(operation.request.as_ref());
    let response = option(operation.response.as_ref());
    let parameters = operation.parameters.iter().map(parameter);
    let paging = paging(&operation.paging);
    quote! {
        crate::Operation {
            id: #id,
            family: #family,
            method: ::reqwest::Method::#method,
            path: #path,
            summary: #summary,
            deprecated: #deprecated,
            successor: #successor,
            idempotent: #idempotent,
            paging: #paging,
            parameters: crate::operation::parameters! { #(#parameters;)* },
            request: #request,
            response: #response,
            statuses: &[#(#statuses),*],
            sources: &[#(#sources),*],
        }
    }
}

fn parameter(parameter: &Parameter) -> TokenStream {
    let Parameter { name, required, description, .. } = parameter;
    let location = match parameter.location {
        Location::Path => quote!(Path),
        Location::Query => quote!(Query),
        Location::Header => quote!(Header),
    };
    quote!(#location, #name, #required, #description)
}

fn paging(paging: &Paging) -> TokenStream {
    let names = [&paging.offset, &paging.limit, &paging.items, &paging.total];
    if paging.style == PagingStyle::None && names.iter().all(|name| name.is_none()) {
        return quote!(crate::Paging::NONE);
    }
    let style = match paging.style {
        PagingStyle::None => quote!(None),
        PagingStyle::Single => quote!(Single),
        PagingStyle::OffsetLimit => quote!(OffsetLimit),
        PagingStyle::PageNumber => quote!(PageNumber),
        PagingStyle::FromSize => quote!(FromSize),
        PagingStyle::LimitOnly => quote!(LimitOnly),
    };
    let offset = option(paging.offset.as_ref());
    let limit = option(paging.limit.as_ref());
    let items = option(paging.items.as_ref());
    let total = option(paging.total.as_ref());
    quote! {
        crate::Paging {
            style: crate::PagingStyle::#style,
            offset: #offset,
            limit: #limit,
            items: #items,
            total: #total,
        }
    }
}

/// `is_success` and `message` of every type that an operation answers with.
fn outcomes(bundle: &Bundle) -> TokenStream {
    let mut names: Vec<&str> =
        bundle.operations().iter().filter_map(|operation| operation.response.as_deref()).collect();
    names.sort_unstable();
    names.dedup();
    let rows = names.into_iter().map(|name| {
        let ident = type_ident(name);
        let properties = &bundle.schemas()[name]["properties"];
        let success = (properties["is_success"]["type"] == "boolean").then(|| {
            let field = field_ident("is_success");
            quote!(is_success: #field,)
        });
        let message =
            ["message", "msg"].into_iter().find(|key| properties[*key]["type"] == "string");
        let message = message.map(|key| {
            let field = field_ident(key);
            quote!(message: #field,)
        });
        quote!(#ident { #success #message })
    });
    quote!(crate::operation::outcomes! { #(#rows)* })
}

fn option<T: quote::ToTokens>(value: Option<T>) -> TokenStream {
    match value {
        Some(value) => quote!(Some(#value)),
        None => quote!(None),
    }
}
