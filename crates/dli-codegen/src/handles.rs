//! The handles of `dli-ext`: a struct a family, a method an operation, a parameter struct where
//! there is something optional to say, and streams for what is paged. They only bind names to
//! `Dli::begin` and the generated client; everything a call does is said once, in dli-ext.

use dli_spec::{Bundle, Location, Operation, PagingStyle, Parameter};
use heck::ToPascalCase;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use serde_json::Value;

use crate::lower::{documentation, facts, is_open_enumeration};
use crate::names::{field_ident, method_name, type_ident};

pub fn generate(bundle: &Bundle) -> TokenStream {
    let tags = bundle.document()["tags"].as_array().map_or(&[][..], Vec::as_slice);
    let handles: TokenStream = tags.iter().map(|tag| family(bundle, tag)).collect();
    let blocking: TokenStream = tags.iter().map(|tag| blocking_family(bundle, tag)).collect();
    quote! {
        #handles
        /// The same handles for programs that do not use `async`.
        #[cfg(feature = "blocking")]
        pub mod blocking {
            use dli_api::types;
            use super::*;
            #blocking
        }
    }
}

fn methods<'a>(bundle: &'a Bundle, name: &str) -> Vec<Method<'a>> {
    let operations = bundle.operations().iter();
    let family = operations.filter(|operation| operation.family == name);
    family.map(|operation| Method::new(bundle, operation)).collect()
}

/// The handle of a family whose methods wait for their answers.
fn blocking_family(bundle: &Bundle, tag: &Value) -> TokenStream {
    let name = tag["name"].as_str().unwrap_or_default();
    let handle = type_ident(name);
    let accessor = field_ident(name);
    let operations = methods(bundle, name);
    let functions = operations.iter().map(Method::blocking_functions);
    let doc = tag["description"].as_str().unwrap_or_default();
    quote! {
        impl crate::blocking::Dli {
            #[doc = #doc]
            pub fn #accessor(&self) -> #handle {
                #handle { inner: self.as_async().#accessor(), runtime: self.runtime().clone() }
            }
        }
        #[doc = #doc]
        #[derive(Clone, Debug)]
        pub struct #handle { inner: super::#handle, runtime: crate::blocking::Runtime }
        impl #handle { #(#functions)* }
    }
}

fn family(bundle: &Bundle, tag: &Value) -> TokenStream {
    let name = tag["name"].as_str().unwrap_or_default();
    let description = tag["description"].as_str().unwrap_or_default();
    let handle = type_ident(name);
    let accessor = field_ident(name);
    let operations = methods(bundle, name);
    let structs = operations.iter().map(Method::params_struct);
    let methods = operations.iter().map(Method::functions);
    let accessor_doc = format!("{description} See [`{handle}`].");
    let handle_doc = format!("{description} Got by [`Dli::{accessor}`](crate::Dli::{accessor}).");
    quote! {
        impl crate::Dli {
            #[doc = #accessor_doc]
            pub fn #accessor(&self) -> #handle {
                #handle { dli: self.clone() }
            }
        }
        #[doc = #handle_doc]
        #[derive(Clone, Debug)]
        pub struct #handle { dli: crate::Dli }
        impl #handle { #(#methods)* }
        #(#structs)*
    }
}

/// One operation as a method.
struct Method<'a> {
    bundle: &'a Bundle,
    operation: &'a Operation,
    name: Ident,
    params: Ident,
}

/// How a parameter is stored in a parameter struct and handed to the client.
struct Slot {
    field: Ident,
    stored: TokenStream,
    /// From `params.field`, an `Option<stored>`.
    passed: TokenStream,
    setter: TokenStream,
    convert: TokenStream,
}

impl<'a> Method<'a> {
    fn new(bundle: &'a Bundle, operation: &'a Operation) -> Self {
        let name = format_ident!("{}", method_name(&operation.id, &operation.family));
        let params = format_ident!("{}Params", operation.id.to_pascal_case());
        Self { bundle, operation, name, params }
    }

    fn path_parameters(&self) -> impl Iterator<Item = &'a Parameter> {
        let operation = self.operation;
        operation
            .path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .filter(|name| *name != "project_id")
            .filter_map(|name| operation.parameters.iter().find(|p| p.name == name))
    }

    /// Query parameters in the order progenitor takes them.
    fn query_parameters(&self) -> Vec<&'a Parameter> {
        let mut found: Vec<_> = self
            .operation
            .parameters
            .iter()
            .filter(|parameter| parameter.location == Location::Query)
            .collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        let headers = self.operation.parameters_in(Location::Header);
        found.extend(headers);
        found
    }

    fn optional(&self) -> Vec<&'a Parameter> {
        self.query_parameters().into_iter().filter(|parameter| !parameter.required).collect()
    }

    fn slot(&self, parameter: &Parameter) -> Slot {
        let field = field_ident(&parameter.name);
        let schema = self.bundle.resolve(&parameter.schema);
        let copied = |ty: TokenStream| Slot {
            field: field.clone(),
            stored: ty.clone(),
            passed: quote!(params.#field),
            setter: ty,
            convert: quote!(value),
        };
        if is_open_enumeration(schema)
            && let Some(name) = dli_spec::referenced_name(&parameter.schema)
        {
            let name = type_ident(name);
            let ty = quote!(types::#name);
            return Slot {
                field: field.clone(),
                stored: ty.clone(),
                passed: quote!(params.#field.as_ref()),
                setter: quote!(impl Into<#ty>),
                convert: quote!(value.into()),
            };
        }
        match schema["type"].as_str() {
            Some("integer") => copied(quote!(i64)),
            Some("number") => copied(quote!(f64)),
            Some("boolean") => copied(quote!(bool)),
            Some("array") => {
                let item = item_type(self.bundle, &schema["items"]);
                Slot {
                    field: field.clone(),
                    stored: quote!(Vec<#item>),
                    passed: quote!(params.#field.as_ref()),
                    setter: quote!(impl IntoIterator<Item = impl Into<#item>>),
                    convert: quote!(value.into_iter().map(Into::into).collect()),
                }
            }
            _ => Slot {
                field: field.clone(),
                stored: quote!(String),
                passed: quote!(params.#field.as_deref()),
                setter: quote!(impl Into<String>),
                convert: quote!(value.into()),
            },
        }
    }

    /// The type of an argument that has to be given.
    fn argument_type(&self, parameter: &Parameter) -> TokenStream {
        let stored = self.slot(parameter).stored;
        let schema = self.bundle.resolve(&parameter.schema);
        match schema["type"].as_str() {
            _ if self.is_by_value(parameter) => stored,
            Some("array") => quote!(&#stored),
            _ if is_open_enumeration(schema) => quote!(&#stored),
            _ => quote!(&str),
        }
    }

    fn is_by_value(&self, parameter: &Parameter) -> bool {
        let schema = self.bundle.resolve(&parameter.schema);
        matches!(schema["type"].as_str(), Some("integer" | "number" | "boolean"))
    }

    fn params_struct(&self) -> TokenStream {
        let optional = self.optional();
        if optional.is_empty() {
            return TokenStream::new();
        }
        let params = &self.params;
        let doc = format!("What can be asked of `{}` besides the rest.", self.operation.id);
        let slots: Vec<_> = optional.iter().map(|parameter| self.slot(parameter)).collect();
        let docs: Vec<String> = optional
            .iter()
            .map(|parameter| {
                let facts = facts(self.bundle.resolve(&parameter.schema));
                let description = &parameter.description;
                if facts.is_empty() {
                    description.clone()
                } else {
                    format!("{description}\n\n{}.", facts.join("; "))
                }
            })
            .collect();
        let fields = slots.iter().zip(&docs).map(|(slot, doc)| {
            let Slot { field, stored, .. } = slot;
            quote!(#[doc = #doc] pub #field: Option<#stored>)
        });
        let setters = slots.iter().zip(&docs).map(|(slot, doc)| {
            let Slot { field, setter, convert, .. } = slot;
            quote! {
                #[doc = #doc]
                #[must_use]
                pub fn #field(mut self, value: #setter) -> Self {
                    self.#field = Some(#convert);
                    self
                }
            }
        });
        quote! {
            #[doc = #doc]
            #[derive(Clone, Debug, Default)]
            #[non_exhaustive]
            pub struct #params { #(#fields),* }
            impl #params { #(#setters)* }
        }
    }

    /// Parameters of the method and arguments of the client's function.
    fn signature(&self) -> (Vec<TokenStream>, Vec<TokenStream>) {
        let mut parameters = Vec::new();
        let mut arguments = Vec::new();
        for parameter in self.path_parameters() {
            let field = field_ident(&parameter.name);
            let ty = self.argument_type(parameter);
            parameters.push(quote!(#field: #ty));
            arguments.push(quote!(#field));
        }
        for parameter in self.query_parameters() {
            if !parameter.required {
                arguments.push(self.slot(parameter).passed);
                continue;
            }
            let field = field_ident(&parameter.name);
            let ty = self.argument_type(parameter);
            parameters.push(quote!(#field: #ty));
            arguments.push(quote!(#field));
        }
        if let Some(request) = &self.operation.request {
            let ty = type_ident(request);
            parameters.push(quote!(body: &types::#ty));
            arguments.push(quote!(body));
        }
        if !self.optional().is_empty() {
            let params = &self.params;
            parameters.push(quote!(params: #params));
        }
        (parameters, arguments)
    }

    fn functions(&self) -> TokenStream {
        let (parameters, arguments) = self.signature();
        let name = &self.name;
        let id = &self.operation.id;
        let function = format_ident!("{id}");
        let doc = format!("{}\n\n{}", self.operation.summary, documentation(self.operation));
        let answer = match &self.operation.response {
            Some(response) => {
                let ty = type_ident(response);
                quote!(types::#ty)
            }
            None => quote!(()),
        };
        let project = self.operation.parameters.iter().any(|p| p.name == "project_id");
        let project = project.then(|| quote!(call.project_id(),));
        let streams = self.streams();
        quote! {
            #[doc = #doc]
            pub async fn #name(&self, #(#parameters),*) -> Result<crate::Reply<#answer>, crate::Error> {
                let call = self.dli.begin(#id).await?;
                loop {
                    let result = call.client().#function(#project #(#arguments),*).await;
                    if let Some(outcome) = call.finish(result).await {
                        return outcome;
                    }
                }
            }
            #streams
        }
    }

    /// The functions again, waiting for their answers.
    fn blocking_functions(&self) -> TokenStream {
        let (parameters, _) = self.signature();
        let name = &self.name;
        let arguments = self.forwarded();
        let answer = match &self.operation.response {
            Some(response) => {
                let ty = type_ident(response);
                quote!(types::#ty)
            }
            None => quote!(()),
        };
        let doc = format!(
            "{}\n\nLike the `{name}` of the handle for `async`, and waits for the answer.",
            self.operation.summary
        );
        let lists = self.items().filter(|_| self.is_streamed()).map(|(_, _, item)| {
            let by_item = format_ident!("{name}_items");
            let by_page = format_ident!("{name}_pages");
            let items_doc = format!("Like [`{name}`](Self::{name}), item by item, over all pages.");
            let pages_doc =
                format!("Like [`{name}`](Self::{name}), page by page, to the last page.");
            quote! {
                #[doc = #pages_doc]
                pub fn #by_page(&self, #(#parameters),*)
                    -> crate::blocking::Iter<crate::Reply<#answer>>
                {
                    self.runtime.iterate(self.inner.#by_page(#(#arguments),*))
                }
                #[doc = #items_doc]
                pub fn #by_item(&self, #(#parameters),*) -> crate::blocking::Iter<#item> {
                    self.runtime.iterate(self.inner.#by_item(#(#arguments),*))
                }
            }
        });
        quote! {
            #[doc = #doc]
            pub fn #name(&self, #(#parameters),*) -> Result<crate::Reply<#answer>, crate::Error> {
                self.runtime.block_on(self.inner.#name(#(#arguments),*))
            }
            #lists
        }
    }

    /// Whether the list can be walked by parameters of its function.
    fn is_streamed(&self) -> bool {
        self.operation.response.is_some() && self.operation.paging.location.is_none()
    }

    /// By page and by item, for what is a list.
    fn streams(&self) -> TokenStream {
        let paging = &self.operation.paging;
        let Some((items, into_items, item)) = self.items() else { return TokenStream::new() };
        let Some(response) = &self.operation.response else { return TokenStream::new() };
        if paging.location.is_some() {
            return TokenStream::new();
        }
        let answer = type_ident(response);
        let pages = format_ident!("{}_pages", self.name);
        let by_item = format_ident!("{}_items", self.name);
        let name = &self.name;
        let (parameters, _) = self.signature();
        let owned = self.owned_arguments();
        let call_arguments = self.call_arguments();
        let hand_on: Vec<TokenStream> = self.forwarded();
        let id = &self.operation.id;
        let total = match paging.total.as_deref().filter(|total| self.is_integer(response, total)) {
            Some(total) => {
                let access = access(total);
                quote!(page.as_ref() #access .copied())
            }
            None => quote!(None),
        };
        let (start, set) = self.page_parameters();
        let pages_doc = format!("Like [`{name}`](Self::{name}), page by page, to the last page.");
        let items_doc = format!("Like [`{name}`](Self::{name}), item by item, over all pages.");
        quote! {
            #[doc = #pages_doc]
            pub fn #pages(&self, #(#parameters),*)
                -> crate::paging::Stream<crate::Reply<types::#answer>>
            {
                let handle = self.clone();
                #owned
                crate::paging::pages(
                    #id,
                    #start,
                    move |position: crate::paging::Position| {
                        let handle = handle.clone();
                        #set
                        async move { handle.#name(#(#call_arguments),*).await }
                    },
                    |page: &types::#answer| crate::paging::Extent {
                        items: page #items .map_or(0, |items| items.len()),
                        total: { let page = Some(page); #total },
                    },
                )
            }
            #[doc = #items_doc]
            pub fn #by_item(&self, #(#parameters),*)
                -> crate::paging::Stream<#item>
            {
                crate::paging::items(self.#pages(#(#hand_on),*), |page: types::#answer| {
                    page #into_items .unwrap_or_default()
                })
            }
        }
    }

    /// Where paging starts, and how a position is put into the parameters.
    fn page_parameters(&self) -> (TokenStream, TokenStream) {
        let paging = &self.operation.paging;
        let offset = paging.offset.as_deref().map(field_ident);
        let limit = paging.limit.as_deref().map(field_ident);
        let owned = self.owned_names();
        let clones = quote!(#(let #owned = #owned.clone();)*);
        let first = paging.first.unwrap_or(i64::from(paging.style == PagingStyle::PageNumber));
        let by_page = paging.unit.as_deref() == Some("pages");
        let largest = paging
            .limit
            .as_ref()
            .and_then(|name| self.operation.parameters.iter().find(|p| p.name == *name))
            .and_then(|parameter| self.bundle.resolve(&parameter.schema)["maximum"].as_i64())
            .unwrap_or(100)
            .min(100);
        match (paging.style, offset, limit) {
            (
                PagingStyle::OffsetLimit | PagingStyle::FromSize | PagingStyle::PageNumber,
                Some(offset),
                Some(limit),
            ) => {
                let step = if by_page || paging.style == PagingStyle::PageNumber {
                    quote!(Page)
                } else {
                    quote!(Item)
                };
                let first = if by_page { 0 } else { first };
                (
                    quote!(crate::paging::Start {
                        step: crate::paging::Step::#step,
                        first: #first,
                        offset: params.#offset.unwrap_or(#first),
                        // 0 means everything or nothing, depending on the list: no page length.
                        limit: params.#limit.filter(|limit| *limit > 0).unwrap_or(#largest),
                    }),
                    quote! {
                        #clones
                        let mut params = params;
                        params.#offset = Some(position.offset);
                        params.#limit = Some(position.limit);
                    },
                )
            }
            _ => (quote!(crate::paging::Start::once()), quote!(let _ = position; #clones)),
        }
    }

    fn owned_names(&self) -> Vec<Ident> {
        let mut names: Vec<Ident> = self.path_parameters().map(|p| field_ident(&p.name)).collect();
        names.extend(
            self.query_parameters().iter().filter(|p| p.required).map(|p| field_ident(&p.name)),
        );
        if self.operation.request.is_some() {
            names.push(format_ident!("body"));
        }
        if !self.optional().is_empty() {
            names.push(format_ident!("params"));
        }
        names
    }

    fn owned_arguments(&self) -> TokenStream {
        self.owned_names()
            .into_iter()
            .filter(|name| name != "params")
            .map(|name| quote!(let #name = #name.to_owned();))
            .collect()
    }

    fn call_arguments(&self) -> Vec<TokenStream> {
        let required = self.query_parameters().into_iter().filter(|p| p.required);
        let by_value: Vec<Ident> = self
            .path_parameters()
            .chain(required)
            .filter(|p| self.is_by_value(p))
            .map(|p| field_ident(&p.name))
            .collect();
        self.owned_names()
            .into_iter()
            .map(|name| {
                if name == "params" || by_value.contains(&name) {
                    quote!(#name)
                } else {
                    quote!(&#name)
                }
            })
            .collect()
    }

    fn forwarded(&self) -> Vec<TokenStream> {
        self.owned_names().into_iter().map(|name| quote!(#name)).collect()
    }

    /// How to get at the items of an answer, and their type.
    fn items(&self) -> Option<(TokenStream, TokenStream, TokenStream)> {
        let field = self.operation.paging.items.as_deref()?;
        let schema = self.field_schema(self.operation.response.as_deref()?, field)?;
        let item = item_type(self.bundle, &schema["items"]);
        let parts: Vec<Ident> = field.split('.').map(field_ident).collect();
        let (first, rest) = parts.split_first()?;
        let borrowed = quote!(.#first.as_ref() #(.and_then(|inner| inner.#rest.as_ref()))*);
        let owned = quote!(.#first #(.and_then(|inner| inner.#rest))*);
        Some((borrowed, owned, item))
    }

    fn field_schema(&self, response: &str, field: &str) -> Option<&'a Value> {
        let mut schema = self.bundle.schemas().get(response)?;
        for part in field.split('.') {
            schema = self.bundle.resolve(schema["properties"].get(part)?);
        }
        Some(schema)
    }

    fn is_integer(&self, response: &str, field: &str) -> bool {
        self.field_schema(response, field).is_some_and(|schema| schema["type"] == "integer")
    }
}

/// `a.b` as a chain from an `Option<&T>`.
fn access(field: &str) -> TokenStream {
    field
        .split('.')
        .map(|part| {
            let part = field_ident(part);
            quote!(.and_then(|inner| inner.#part.as_ref()))
        })
        .collect()
}

fn item_type(bundle: &Bundle, schema: &Value) -> TokenStream {
    if let Some(name) = dli_spec::referenced_name(schema) {
        let name = type_ident(name);
        return quote!(types::#name);
    }
    match bundle.resolve(schema)["type"].as_str() {
        Some("string") => quote!(String),
        Some("integer") => quote!(i64),
        Some("number") => quote!(f64),
        Some("boolean") => quote!(bool),
        // Arrays in answers may be null.
        Some("array") => {
            let inner = item_type(bundle, &bundle.resolve(schema)["items"]);
            quote!(Option<Vec<#inner>>)
        }
        _ => quote!(serde_json::Value),
    }
}
