//! `dli api`: every operation, from the description.

use std::collections::HashMap;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, Subcommand};
use serde_json::{Value, json};

use crate::description::{self, Entry, OPERATIONS};
use crate::error::{Failure, Result};
use crate::globals::{Format, Globals};
use crate::output::{Column, View, hanging, help_width, write_stdout};
use crate::request::{self, Request};
use crate::session::Session;
use crate::usage;

/// Any operation of the service.
///
/// `dli api` lists the operations, `dli api OPERATION --help` tells what one takes, and
/// `dli api OPERATION --skeleton` prints a body to fill in. Parameters are options with the
/// names of the documentation; fields of the body are given as `field=value`
/// (`tags[0].key=a`, `list:='["json"]'`, `text=@file`), or the whole body with `--body @file`.
/// The answer is printed as it comes, with fields that no documentation knows.
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true, subcommand_value_name = "OPERATION")]
#[command(override_usage = "dli api [OPERATION] [--parameter VALUE]... [FIELD=VALUE]...")]
pub struct Api {
    #[command(subcommand)]
    call: Option<Call>,
}

#[derive(Debug, Subcommand)]
enum Call {
    /// The operation and what it takes, which is told by its description
    #[command(external_subcommand)]
    Operation(Vec<String>),
}

const LISTED: &[Column] = &[
    Column::id("OPERATION", "operation"),
    Column::text("SUMMARY", "summary").rank(1),
    Column::text("FAMILY", "family").rank(2),
];

impl Api {
    /// Runs the command.
    pub async fn run(self, globals: Globals) -> Result<()> {
        match self.call {
            Some(Call::Operation(mut words)) if !words.is_empty() => {
                let operation = words.remove(0);
                call(&operation, words, globals).await
            }
            _ => list(&Session::new(globals)?),
        }
    }
}

fn list(session: &Session) -> Result<()> {
    let items = OPERATIONS.iter().map(|entry| {
        json!({
            "operation": entry.id,
            "family": entry.family(),
            "method": entry.method,
            "path": entry.path,
            "summary": entry.summary,
            "deprecated": entry.deprecated,
            "successor": entry.successor,
        })
    });
    session.output.show(View::rows(items.collect(), LISTED, ""))
}

async fn call(operation: &str, rest: Vec<String>, globals: Globals) -> Result<()> {
    let entry = description::find(operation)?;
    let mut command = command(entry);
    let matches = match command.try_get_matches_from_mut(rest) {
        Ok(matches) => matches,
        Err(error) if !error.use_stderr() => {
            // Help, which was asked for.
            return write_stdout(error.render().to_string().as_bytes());
        }
        Err(error) => return Err(Failure::usage(hyphened(entry, usage::paragraph(&error)))),
    };
    let later = Globals::from_arg_matches(&matches)
        .map_err(|error| Failure::usage(usage::paragraph(&error)))?;
    if later.debug && !globals.debug {
        crate::trace::show();
    }
    let session = Session::new(globals.merged(later))?;
    if matches.get_flag("skeleton") {
        return skeleton(entry, &session);
    }
    let request = read(entry, &matches)?;
    if matches.get_flag("all") {
        let items = session.list(request, None).await?;
        return session.output.show(View::any(Value::Array(items)));
    }
    let answer = session.call(&request).await?;
    // The answer of an operation is a document, not something to be laid out in columns.
    match session.globals.output {
        None if session.globals.query.is_none() => {
            let mut text = serde_json::to_string_pretty(&answer).unwrap_or_default();
            text.push('\n');
            write_stdout(text.as_bytes())
        }
        _ => session.output.show(View::any(answer)),
    }
}

/// Options by the names that help shows, where clap proposes the spelling of the documentation.
fn hyphened(entry: &'static Entry, text: String) -> String {
    Request::new(entry).parameters().fold(text, |text, parameter| {
        text.replace(
            &format!("--{}", parameter.name),
            &format!("--{}", request::flag(&parameter.name)),
        )
    })
}

fn skeleton(entry: &Entry, session: &Session) -> Result<()> {
    if session.output.format == Format::Json
        && let Some(body) = request::skeleton_json(entry)
    {
        return session.output.show(View::any(body));
    }
    match request::skeleton_yaml(entry) {
        Some(yaml) => write_stdout(yaml.as_bytes()),
        None => Err(Failure::usage(format!("{} takes no body", entry.id))),
    }
}

/// The command line of one operation.
pub fn command(entry: &'static Entry) -> Command {
    let operation = entry.operation();
    let mut about = format!("{}\n\n{}", operation.summary, operation.description);
    if entry.deprecated {
        about.push_str("\n\nThe documentation discourages its use");
        match entry.successor {
            Some(successor) => about.push_str(&format!("; use `dli api {successor}` instead.")),
            None => about.push('.'),
        }
    }
    let mut command = Command::new(entry.id)
        .bin_name(format!("dli api {}", entry.id))
        .no_binary_name(true)
        .max_term_width(100)
        .disable_help_flag(true);
    command = command.next_help_heading("Parameters");
    for parameter in Request::new(entry).parameters() {
        let bundle = entry.bundle();
        let mut help = request::sentence(&parameter.description);
        let limits = request::limits(bundle, &parameter.schema);
        if !limits.is_empty() {
            help.push_str(&format!(" [{limits}]"));
        }
        if parameter.required {
            help.push_str(" (mandatory)");
        }
        let many = bundle.resolve(&parameter.schema)["type"] == "array";
        let mut argument = Arg::new(format!("parameter:{}", parameter.name))
            .long(request::flag(&parameter.name))
            .help(help)
            .value_name(request::kind(bundle, &parameter.schema).to_uppercase())
            .allow_hyphen_values(true)
            .action(if many { ArgAction::Append } else { ArgAction::Set });
        // The spelling of the documentation works as well.
        if request::flag(&parameter.name) != parameter.name {
            argument = argument.alias(parameter.name.clone());
        }
        for alias in &parameter.aliases {
            argument = argument.alias(alias.clone());
        }
        command = command.arg(argument);
    }
    command = command.next_help_heading("Body");
    let takes_body = operation.request.is_some();
    let body = Arg::new("body").long("body").value_name("@FILE|JSON").hide(!takes_body).help(
        "The body: a JSON or YAML file (`@file`), standard input (`@-`), or the document itself",
    );
    let skeleton = Arg::new("skeleton").long("skeleton").hide(!takes_body).help(
        "Print a body to fill in, as YAML with explanations, or with `--output json` as JSON",
    );
    let fields = Arg::new("fields").value_name("FIELD=VALUE").num_args(0..).hide(!takes_body);
    command = command
        .arg(body)
        .arg(fields.help("Fields of the body"))
        .arg(skeleton.action(ArgAction::SetTrue))
        .arg(
            Arg::new("no-check")
                .long("no-check")
                .help("Send it even if it does not fit the description")
                .action(ArgAction::SetTrue),
        );
    let pages = operation.paging.items.is_some();
    command = command.arg(
        Arg::new("all")
            .long("all")
            .help("Fetch all pages, and print the items as one list")
            .help_heading("Paging")
            .hide(!pages)
            .action(ArgAction::SetTrue),
    );
    // What the options of every command say of themselves is not about this one.
    Globals::augment_args(command)
        .arg(
            Arg::new("help")
                .short('h')
                .long("help")
                .help("Print this help")
                .action(ArgAction::HelpShort),
        )
        .about(about)
        .after_help(after_help(entry))
}

fn after_help(entry: &'static Entry) -> String {
    let operation = entry.operation();
    let mut text = format!("{} {}\n", operation.method, operation.path);
    let fields = request::body_fields(entry);
    if !fields.is_empty() {
        text.push_str("\nFields of the body (* mandatory):\n");
        let fields = fields.into_iter().map(|(name, kind, required, meaning)| {
            let star = if required { '*' } else { ' ' };
            (format!(" {star} {name} {kind}"), meaning)
        });
        text.push_str(&hanging(&fields.collect::<Vec<_>>(), Some(help_width())));
    }
    text
}

/// What a command line says of a request.
#[derive(Debug, Default)]
pub struct Words {
    /// Values of parameters by name.
    pub parameters: HashMap<String, Vec<String>>,
    /// The body, as a document or where to read one.
    pub body: Option<String>,
    /// Fields of the body, `field=value`.
    pub fields: Vec<String>,
}

/// The request that a command line asks for.
fn read(entry: &'static Entry, matches: &ArgMatches) -> Result<Request> {
    let values = |id: &str| matches.get_many::<String>(id).into_iter().flatten().cloned();
    let parameters = Request::new(entry).parameters().filter_map(|parameter| {
        let values: Vec<String> = values(&format!("parameter:{}", parameter.name)).collect();
        (!values.is_empty()).then(|| (parameter.name.clone(), values))
    });
    let words = Words {
        parameters: parameters.collect(),
        body: matches.get_one::<String>("body").cloned(),
        fields: values("fields").collect(),
    };
    let mut request = put_together(entry, words)?;
    request.unchecked = matches.get_flag("no-check");
    Ok(request)
}

/// The request that these words ask for.
///
/// # Errors
/// When a value is not what the description says, or the body is no document.
pub fn put_together(entry: &'static Entry, mut words: Words) -> Result<Request> {
    let mut request = Request::new(entry);
    let bundle = entry.bundle();
    for parameter in Request::new(entry).parameters() {
        let Some(values) = words.parameters.remove(&parameter.name) else { continue };
        let schema = bundle.resolve(&parameter.schema);
        let option = format!("--{}", request::flag(&parameter.name));
        let value = request::typed(&option, schema, values.join(","))?;
        request = request.set(&parameter.name, value);
    }
    let mut body = match &words.body {
        Some(argument) => request::read_document(argument)?,
        None => Value::Null,
    };
    let schema = entry.operation().request.as_deref().and_then(|name| bundle.schemas().get(name));
    for field in &words.fields {
        let Some(schema) = schema else {
            return Err(Failure::usage(format!(
                "{} takes no body, so `{field}` has no place; parameters are options, see \
                 `dli api {0} --help`",
                entry.id
            )));
        };
        request::set_field(bundle, schema, &mut body, field)?;
    }
    if !body.is_null() {
        request.body = Some(body);
    }
    Ok(request)
}
