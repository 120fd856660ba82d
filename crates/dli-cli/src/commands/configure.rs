//! `dli configure`: asks, checks by a call, and writes the files that the SDKs read.

mod secret;

use std::collections::BTreeMap;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::error::{self, Exit, Failure, Result};
use crate::output::eprint_line;
use crate::request::{Request, read_stdin};
use crate::session::{Session, of_client};

/// Names the file of the vendor's SDKs.
const VENDOR_VARIABLE: &str = "HUAWEICLOUD_SDK_CREDENTIALS_FILE";
/// Where there is no file.
const NOWHERE: &str = "/nonexistent/credentials";

/// Write down region, endpoint, project and keys.
///
/// What is not given by options is asked for, where there is a terminal; but for an endpoint, which
/// few need. Keys and project go into the file of the vendor's SDKs, `~/.huaweicloud/credentials`,
/// and region, endpoint and project into `~/.dli/profiles`; with `--profile NAME`, or where DLI_PROFILE
/// names one, everything goes into that section of the latter. Both files can be read by their owner
/// alone.
#[derive(Debug, Args)]
pub struct Configure {
    /// Access key
    #[arg(long, value_name = "KEY")]
    access_key: Option<String>,
    /// Read the secret key from standard input
    #[arg(long)]
    secret_key_stdin: bool,
    /// Write without trying the keys first
    #[arg(long)]
    no_check: bool,
}

struct Answers {
    region: String,
    endpoint: String,
    project_id: String,
    access_key: String,
    secret_key: String,
}

impl Configure {
    /// Runs the command.
    pub async fn run(self, session: &Session) -> Result<()> {
        let answers = self.ask(session)?;
        if session.is_dry() {
            for (path, section, _) in places(session)? {
                eprint_line(&format!("Would write [{section}] of {}.", path.display()));
            }
            return Ok(());
        }
        let before = written_before(session)?;
        let region = before.as_ref().and_then(|before| before.get("region"));
        let moved = region.is_some_and(|old| !answers.region.is_empty() && *old != answers.region);
        if !self.no_check {
            check(session, &answers, before.is_some(), moved).await?;
        }
        for (path, section, names) in places(session)? {
            let mut values: Vec<(&str, &str)> =
                names.iter().map(|name| (*name, answers.value(name))).collect();
            // What is not given stays as it is, unless it is of the region that was there before.
            values.retain(|(name, value)| {
                let of_region = matches!(*name, "endpoint" | "project_id" | "iam_endpoint");
                !value.is_empty() || (moved && of_region)
            });
            if names.contains(&"ak") {
                // The token belongs to the keys that are replaced; a federated user would go before
                // the new ones.
                values.extend(["security_token", "idp_id", "id_token_file"].map(|name| (name, "")));
            }
            write_section(&path, &section, &values)?;
            eprint_line(&format!("Wrote [{section}] of {}.", path.display()));
        }
        Ok(())
    }

    fn ask(&self, session: &Session) -> Result<Answers> {
        let globals = &session.globals;
        let region = match &globals.region {
            Some(region) => region.clone(),
            None if globals.endpoint.is_some() => String::new(),
            None => question("Region (cn-north-4 for instance)", "--region", false)?,
        };
        let access_key = match &self.access_key {
            Some(key) => key.clone(),
            None => question("Access key", "--access-key", false)?,
        };
        let secret_key = match self.secret_key_stdin {
            true => read_stdin()?.trim().to_owned(),
            false => question("Secret key (not shown)", "--secret-key-stdin", true)?,
        };
        let project_id = match &globals.project_id {
            Some(id) => id.clone(),
            // It can be looked up by the region.
            None if !is_terminal() => String::new(),
            None => question("Project id (empty: looked up by the region)", "--project-id", false)?,
        };
        if access_key.is_empty() || secret_key.is_empty() {
            return Err(Failure::usage("the access key and its secret must not be empty"));
        }
        let endpoint = globals.endpoint.clone().unwrap_or_default();
        Ok(Answers { region, endpoint, project_id, access_key, secret_key })
    }
}

impl Answers {
    fn value(&self, name: &str) -> &str {
        match name {
            "ak" => &self.access_key,
            "sk" => &self.secret_key,
            "project_id" => &self.project_id,
            "endpoint" => &self.endpoint,
            "region" => &self.region,
            // Never asked for.
            _ => "",
        }
    }
}

fn is_terminal() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

fn question(what: &str, option: &str, secret: bool) -> Result<String> {
    if !is_terminal() {
        return Err(Failure::new(
            Exit::Usage,
            format!(
                "nobody can be asked for the {} without a terminal; give `{option}`",
                what.to_lowercase()
            ),
        ));
    }
    let ask = || {
        let _ = write!(io::stderr(), "{what}: ");
        let _ = io::stderr().flush();
    };
    let answer = match secret {
        true => secret::read(ask),
        false => {
            ask();
            let mut answer = String::new();
            io::stdin().lock().read_line(&mut answer).map(|_| answer)
        }
    };
    match answer {
        Ok(answer) => Ok(answer.trim().to_owned()),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => {
            Err(Failure::new(Exit::Interrupted, "interrupted; nothing was written"))
        }
        Err(error) => Err(error::file("read", Path::new("the terminal"), &error)),
    }
}

/// Makes a call with what was given, and with the rest of the profile if it is there already.
async fn check(session: &Session, answers: &Answers, exists: bool, moved: bool) -> Result<()> {
    let mut globals = session.globals.clone();
    let named = named(session);
    let mut variables: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    // A profile that is yet to be written cannot be read.
    variables.remove("DLI_PROFILE");
    if moved && named.is_none() {
        // The project in the vendor's file is of the other region, and goes when this is written.
        variables.insert(VENDOR_VARIABLE.to_owned(), NOWHERE.to_owned());
    }
    globals.profile = named.filter(|_| exists);
    let mut builder = Session::builder_of(&globals)
        .environment(variables)
        .access_key(&answers.access_key, &answers.secret_key);
    if let Some(home) = std::env::home_dir() {
        builder = builder.home(home);
    }
    if !answers.region.is_empty() {
        builder = builder.region(&answers.region);
    }
    if !answers.project_id.is_empty() {
        builder = builder.project_id(&answers.project_id);
    }
    let request = Request::of("list_queues");
    let unwritten = |error| {
        of_client(&error, None).with("nothing was written; `--no-check` writes all the same")
    };
    let dli = builder.build().map_err(unwritten)?;
    dli.request(http::Method::GET, request.path()?).send().await.map_err(unwritten)?;
    eprint_line("The service accepts the keys.");
    Ok(())
}

/// The section of the profiles that everything goes to, if one is named.
fn named(session: &Session) -> Option<String> {
    let variable = || {
        let name = std::env::var("DLI_PROFILE").ok()?.trim().to_owned();
        (!name.is_empty()).then_some(name)
    };
    session.globals.profile.clone().or_else(variable)
}

/// What the section of the profiles said before; `None` if there is none.
fn written_before(session: &Session) -> Result<Option<Values>> {
    let places = places(session)?;
    let profile = places.iter().find(|(_, _, names)| names.contains(&"region"));
    match profile {
        Some((path, section, _)) => Ok(values_of(&read(path)?, section)),
        None => Ok(None),
    }
}

/// The files to write, the section of each, and what goes there.
fn places(session: &Session) -> Result<Vec<(PathBuf, String, &'static [&'static str])>> {
    let home = std::env::var_os("HOME")
        .or_else(|| std::env::var_os("USERPROFILE"))
        .filter(|home| !home.is_empty())
        .map(PathBuf::from)
        .ok_or_else(|| {
            Failure::new(Exit::Configuration, "there is no home directory to write to; set HOME")
        })?;
    let var =
        |name: &str| std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    let profiles = var("DLI_PROFILES_FILE").unwrap_or_else(|| home.join(".dli/profiles"));
    if let Some(profile) = named(session) {
        let names = &["region", "endpoint", "iam_endpoint", "project_id", "ak", "sk"];
        return Ok(vec![(profiles, profile, names)]);
    }
    let vendor = var(VENDOR_VARIABLE).unwrap_or_else(|| home.join(".huaweicloud/credentials"));
    Ok(vec![
        (vendor, "basic".to_owned(), &["ak", "sk", "project_id"]),
        (profiles, "default".to_owned(), &["region", "endpoint", "iam_endpoint", "project_id"]),
    ])
}

/// The text of a file, empty if there is none; without the mark that some editors begin a file with.
fn read(path: &Path) -> Result<String> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text.trim_start_matches('\u{feff}').to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(error::file("read", path, &error)),
    }
}

/// Sets values of a section, removes those that are set to nothing, and leaves everything else of
/// the file as it is.
fn write_section(path: &Path, section: &str, values: &[(&str, &str)]) -> Result<()> {
    if values.is_empty() {
        return Ok(());
    }
    let text = read(path)?;
    let fail = |error: io::Error| error::file("write", path, &error);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(fail)?;
    }
    let part = path.with_extension("part");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let _ = std::fs::remove_file(&part);
    let written = options.open(&part).and_then(|mut file| {
        file.write_all(with_section(&text, section, values).as_bytes())?;
        file.sync_all()
    });
    written.and_then(|()| std::fs::rename(&part, path)).map_err(|error| {
        let _ = std::fs::remove_file(&part);
        fail(error)
    })
}

type Values = BTreeMap<String, String>;

/// What a line of such a file is, in any of the ways that those who read it understand.
enum Line<'a> {
    Section(&'a str),
    Value(&'a str, &'a str),
    Other,
}

fn line(text: &str) -> Line<'_> {
    let text = text.trim();
    match text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        Some(name) => Line::Section(name.trim()),
        None if text.starts_with(['#', ';']) => Line::Other,
        None => match text.split_once(['=', ':']) {
            Some((name, value)) => Line::Value(name.trim(), value.trim()),
            None => Line::Other,
        },
    }
}

/// The values of a section; `None` if there is none.
fn values_of(text: &str, section: &str) -> Option<Values> {
    let mut values = None;
    let mut inside = false;
    for text in text.lines() {
        match line(text) {
            Line::Section(name) => {
                inside = name == section;
                if inside {
                    values.get_or_insert_with(Values::new);
                }
            }
            Line::Value(name, value) if inside && !value.is_empty() => {
                let values = values.get_or_insert_with(Values::new);
                values.entry(name.to_ascii_lowercase()).or_insert_with(|| value.to_owned());
            }
            _ => {}
        }
    }
    values
}

fn with_section(text: &str, section: &str, values: &[(&str, &str)]) -> String {
    let given = values.iter().filter(|(_, value)| !value.is_empty());
    let given: String = given.map(|(name, value)| format!("{name} = {value}\n")).collect();
    let mut out = String::new();
    let mut inside = false;
    let mut found = false;
    for text in text.lines() {
        let begins = match line(text) {
            Line::Section(name) => {
                inside = name == section;
                inside && !found
            }
            Line::Value(key, _)
                if inside && values.iter().any(|(name, _)| name.eq_ignore_ascii_case(key)) =>
            {
                continue;
            }
            _ => false,
        };
        out.push_str(text);
        out.push('\n');
        if begins {
            found = true;
            out.push_str(&given);
        }
    }
    if !found && !given.is_empty() {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&format!("[{section}]\n{given}"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_changed_and_the_rest_of_the_file_stays() {
        let text =
            "# mine\n[basic]\nak = old\niam_endpoint = https://iam\n\n[global]\nak = other\n";
        let changed = with_section(text, "basic", &[("ak", "new"), ("sk", "s")]);
        let expected = "# mine\n[basic]\nak = new\nsk = s\niam_endpoint = https://iam\n\n[global]\nak = other\n";
        assert_eq!(changed, expected);
        assert_eq!(with_section("", "basic", &[("ak", "a")]), "[basic]\nak = a\n");
        let text =
            "[ basic ]\nAK: old\nsk=old\n# ak = kept\n[other]\nak = kept\n[basic]\nak = old\n";
        let changed = with_section(text, "basic", &[("ak", "new"), ("sk", "")]);
        let expected = "[ basic ]\nak = new\n# ak = kept\n[other]\nak = kept\n[basic]\n";
        assert_eq!(changed, expected);
        assert_eq!(with_section("", "basic", &[("sk", "")]), "");
    }
}
