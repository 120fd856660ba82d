//! How the generated functions make their requests: progenitor writes each out at length, we have
//! them put the address together from a base that is parsed once, send no header that the service
//! does not know, and hand the rest to `crate::transport`, where it is written once.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::visit_mut::VisitMut;
use syn::{Block, Expr, ExprCall, File, FnArg, ImplItem, ImplItemFn, Item, Local, Pat, Stmt, Type};

use crate::Error;

/// Rewrites the function of each operation.
pub fn rewrite(file: &mut File) -> Result<(), Error> {
    for item in &mut file.items {
        let Item::Impl(implementation) = item else { continue };
        for item in &mut implementation.items {
            if let ImplItem::Fn(function) = item
                && function.sig.asyncness.is_some()
            {
                rewrite_function(function)?;
            }
        }
    }
    Ok(())
}

fn rewrite_function(function: &mut ImplItemFn) -> Result<(), Error> {
    let name = function.sig.ident.to_string();
    let unknown = |what: &str| Error::Shape(format!("`{name}` {what}"));
    let mut paths = Paths { texts: texts(function) };
    paths.visit_block_mut(&mut function.block);
    let sent = send(&function.block).ok_or_else(|| unknown("does not send in a way we know"))?;
    let mut known = false;
    let mut statements = Vec::new();
    for mut statement in std::mem::take(&mut function.block.stmts) {
        match bound(&statement).as_deref() {
            Some("url") => address(&mut statement).ok_or_else(|| unknown("has no address"))?,
            // What follows is done by `sent`.
            Some("info") => {
                known = true;
                break;
            }
            Some("header_map") if !sent.has_headers => continue,
            Some("request") if !sent.has_headers => WithoutHeaders.visit_stmt_mut(&mut statement),
            None if names_version(&statement) => continue,
            _ => {}
        }
        statements.push(statement);
    }
    if !known {
        return Err(unknown("sends nothing that we know"));
    }
    let (id, function_name) = (&sent.operation, &sent.function);
    statements.push(Stmt::Expr(
        syn::parse_quote!(crate::transport::#function_name(self, request, #id).await),
        None,
    ));
    function.block.stmts = statements;
    Ok(())
}

/// What is known of how a function sends.
struct Sending {
    operation: String,
    function: proc_macro2::Ident,
    /// Whether it has headers besides those that every request has.
    has_headers: bool,
}

fn send(block: &Block) -> Option<Sending> {
    let text = block.to_token_stream().to_string();
    let operation = text.split_once("operation_id : \"")?.1.split_once('"')?.0.to_owned();
    let function = match text.contains("ResponseValue :: empty (response)") {
        true => "call_for_nothing",
        false => "call",
    };
    let appended = text.matches("header_map . append (").count();
    Some(Sending {
        operation,
        function: quote::format_ident!("{function}"),
        has_headers: appended > 1,
    })
}

/// The name that a `let` gives.
fn bound(statement: &Stmt) -> Option<String> {
    let Stmt::Local(Local { pat: Pat::Ident(name), .. }) = statement else { return None };
    Some(name.ident.to_string())
}

/// `header_map.append("api-version", …)`: the generator's own, of which the service knows nothing.
fn names_version(statement: &Stmt) -> bool {
    matches!(statement, Stmt::Expr(..)) && tokens(statement).contains("\"api-version\"")
}

fn tokens(statement: &Stmt) -> String {
    statement.to_token_stream().to_string()
}

/// `let url = format!("{}/v1.0/{}/queues", self.baseurl, …)` becomes
/// `let url = crate::path::address(self, format_args!("/v1.0/{}/queues", …))?`.
fn address(statement: &mut Stmt) -> Option<()> {
    let Stmt::Local(local) = statement else { return None };
    let init = local.init.as_mut()?;
    let Expr::Macro(makro) = &*init.expr else { return None };
    let parser = syn::punctuated::Punctuated::<Expr, syn::Token![,]>::parse_terminated;
    let mut arguments = makro.mac.parse_body_with(parser).ok()?.into_iter();
    let Some(Expr::Lit(template)) = arguments.next() else { return None };
    let syn::Lit::Str(template) = template.lit else { return None };
    let path = template.value().strip_prefix("{}")?.to_owned();
    let base = arguments.next()?.to_token_stream().to_string();
    if base != "self . baseurl" {
        return None;
    }
    *init.expr =
        syn::parse_quote!(crate::path::address(self, format_args!(#path #(, #arguments)*))?);
    Some(())
}

/// Takes `.headers(header_map)` out of a chain of calls.
struct WithoutHeaders;

impl VisitMut for WithoutHeaders {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        syn::visit_mut::visit_expr_mut(self, expression);
        if let Expr::MethodCall(call) = expression
            && call.method == "headers"
        {
            *expression = (*call.receiver).clone();
        }
    }
}

/// Parameters that are text already.
fn texts(function: &ImplItemFn) -> Vec<String> {
    let text = |argument: &FnArg| {
        let FnArg::Typed(argument) = argument else { return None };
        let Type::Reference(reference) = &*argument.ty else { return None };
        (reference.elem.to_token_stream().to_string() == "str")
            .then(|| argument.pat.to_token_stream().to_string())
    };
    function.sig.inputs.iter().filter_map(text).collect()
}

/// `encode_path(&name.to_string())` becomes `crate::path::segment("name", name)?`, which refuses
/// values that would name another resource.
struct Paths {
    texts: Vec<String>,
}

impl VisitMut for Paths {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        if let Expr::Call(call) = expression
            && let Some(name) = encoded_parameter(call)
        {
            let argument = &call.args[0];
            let value: TokenStream = match self.texts.contains(&name) {
                true => {
                    let name = quote::format_ident!("{name}");
                    quote!(#name)
                }
                false => quote!(#argument),
            };
            *expression = syn::parse_quote!(crate::path::segment(#name, #value)?);
            return;
        }
        syn::visit_mut::visit_expr_mut(self, expression);
    }

    fn visit_macro_mut(&mut self, makro: &mut syn::Macro) {
        // The path is put together by `format!`, whose arguments are tokens to syn.
        let parser = syn::punctuated::Punctuated::<Expr, syn::Token![,]>::parse_terminated;
        if makro.path.is_ident("format")
            && let Ok(mut arguments) = makro.parse_body_with(parser)
        {
            arguments.iter_mut().for_each(|argument| self.visit_expr_mut(argument));
            makro.tokens = arguments.into_token_stream();
        }
    }
}

/// The parameter's name in `encode_path(&name.to_string())`.
fn encoded_parameter(call: &ExprCall) -> Option<String> {
    let Expr::Path(function) = &*call.func else { return None };
    if !function.path.is_ident("encode_path") {
        return None;
    }
    let Expr::Reference(reference) = call.args.first()? else { return None };
    let Expr::MethodCall(method) = &*reference.expr else { return None };
    Some(method.receiver.to_token_stream().to_string())
}
