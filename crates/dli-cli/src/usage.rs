//! Errors of the command line itself, in one paragraph.

use std::process::ExitCode;

use clap::error::ErrorKind;

use crate::error::Exit;
use crate::output::eprint_line;

/// Prints help and version as they are, and errors as one paragraph.
pub fn report(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // A reader that has gone is no failure.
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
        }
        _ => eprint_line(&format!("error: {}", paragraph(error))),
    }
    ExitCode::from(Exit::Usage as u8)
}

/// What clap says, without its layout.
pub fn paragraph(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let mut said = Vec::new();
    for block in text.split("\n\n") {
        let block = block.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some(usage) = block.strip_prefix("Usage: ") {
            said.push(format!("it is used as `{usage}`"));
        } else if let Some(tips) = block.strip_prefix("tip: ") {
            said.extend(tips.split(" tip: ").map(str::to_owned));
        } else if !block.is_empty() && !block.starts_with("For more information") {
            said.push(block.trim_start_matches("error: ").to_owned());
        }
    }
    let known = error.context().any(|(kind, _)| kind == clap::error::ContextKind::Usage);
    if !known {
        said.push("`--help` tells what the command takes".to_owned());
    }
    let text = said.join("; ");
    // Words of the parsers of numbers.
    text.replace("invalid digit found in string", "it is not a whole number")
        .replace("cannot parse integer from empty string", "it is empty")
        .replace("0 is not in 1..=4294967295", "it must be 1 or more")
}
