//! `dli help`: commands, and topics that no command explains.

use clap::Args;

use crate::error::{Exit, Failure, Result};
use crate::output::write_stdout;

/// Explain a command or a topic.
#[derive(Debug, Args)]
pub struct Help {
    /// A command such as `queue create`, or a topic; `topics` lists them
    words: Vec<String>,
}

/// Name, what it is about, text.
const TOPICS: &[(&str, &str, &str)] = &[
    ("api", "calling any operation", API),
    ("configuration", "where region, project and credentials come from", CONFIGURATION),
    ("local", "trying everything without an account", LOCAL),
    ("output", "tables, JSON, YAML, CSV, Parquet", OUTPUT),
    ("query", "picking out of results with JMESPath", QUERY),
    ("sql", "running statements", SQL),
];

// Lines of 80 columns at most: these texts are printed as they are.

const API: &str = "\
Every operation of the service is a command: `dli api` lists them, and

  dli api create_queue --help        what it takes
  dli api create_queue --skeleton    a body to fill in, with explanations
  dli api create_queue --body @queue.yaml
  dli api create_queue queue_name=reports cu_count=16 tags[0].key=team
  dli api list_queues --queue-type sql --output yaml
  dli api list_sql_jobs --all        all pages as one list

A value becomes what the description says: `cu_count=16` is a number,
`queue_name=16` a text. `name:=JSON` sets JSON as it is, `name=@file` the text
of a file. Parameters and bodies are checked before anything is sent;
`--no-check` sends a body all the same. `--dry-run` prints the request.
";

const CONFIGURATION: &str = "\
Looked for in this order:

  the options of the command line
  with `--profile NAME`, that section of ~/.dli/profiles
  the variables of the vendor's SDKs: HUAWEICLOUD_SDK_REGION,
    HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK, HUAWEICLOUD_SDK_SECURITY_TOKEN,
    HUAWEICLOUD_SDK_PROJECT_ID
  the vendor's files in ~/.huaweicloud
  the section of ~/.dli/profiles that DLI_PROFILE names, or else [default]
  the metadata of the machine

`dli configure` writes the files, `dli doctor` tells what was found, where, and
whether it works. More variables:

  DLI_OUTPUT      a format, as for `--output`
  DLI_QUEUE       the queue of SQL, Spark and Flink jobs
  DLI_DATABASE    the database of SQL
  DLI_PROFILE     a section of ~/.dli/profiles; it comes after the vendor's
                  variables and files, where `--profile` comes before them
  DLI_OBS         where obs:// is, for long results of SQL: an address, or a
                  folder in which each bucket is a folder (feature `obs`)
  DLI_LOCAL_DATA  a folder for `--local`, or `memory`
  NO_COLOR        no colours, if it has any value
  HTTPS_PROXY, NO_PROXY
";

const LOCAL: &str = "\
With `--local` a command is answered by an emulator inside the program; it needs
neither an account nor a network. What is created stays in a folder of your
state directory, or in DLI_LOCAL_DATA.

  dli enhanced-connection create office --vpc VPC --subnet SUBNET --local
  dli enhanced-connection list --local

`dli local` runs the same emulator for other programs, and prints what to set
for them.
";

const OUTPUT: &str = "\
Results go to standard output, everything else to standard error. `--output`, or
DLI_OUTPUT, takes

  table     for people; as wide as the terminal, times in local time
  json      what the service answered; times as it gave them
  yaml      the same in YAML
  csv       the columns of the table, values as the service gave them
  parquet   rows of `dli sql --to FILE`

Lists are fetched to their end, and printed as one; `--limit` ends them early.
Without a terminal nothing is coloured, wrapped or left out.
";

const QUERY: &str = "\
`--query` takes a JMESPath expression (https://jmespath.org) and prints what it
picks:

  --query '[].name'                         one field of each
  --query '[?status==`ACTIVE`].[name, id]'  some, with some fields
  --query 'length(@)'                       how many
  --query 'sort_by(@, &create_time)[-1]'    the latest
  --query '[].name' --output json           the same for a program
";

const SQL: &str = "\
  dli sql \"select * from orders limit 5\" --queue reports --database sales
  dli sql --file report.sql --queue reports
  echo 'show tables' | dli sql --database sales
  dli sql \"select * from orders\" --to orders.parquet
  dli sql \"insert into a select * from b\" --detach
                                  prints the id; then dli job follow ID
  dli sql shell --queue reports   history, completion, \\d

Statements are parted by semicolons and run one after the other; the first
failure ends the run. Ctrl-C cancels the statement on the server. A preview has
1,000 rows at most; what is missing is said, and `dli job export` writes all.
";

impl Help {
    /// Runs the command.
    pub fn run(self) -> Result<()> {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        match words.as_slice() {
            [] => write_stdout(crate::command().render_long_help().to_string().as_bytes()),
            ["topics"] => write_stdout(topics().as_bytes()),
            ["exit-codes"] => {
                let lines = Exit::TABLE.iter().map(|(code, text)| format!("{code:>4}  {text}\n"));
                write_stdout(lines.collect::<String>().as_bytes())
            }
            ["regions"] => {
                let regions = dli_ext::api::REGIONS.iter();
                let lines = regions.map(|region| format!("{:<16}  {}\n", region.name, region.host));
                write_stdout(lines.collect::<String>().as_bytes())
            }
            ["errors"] => {
                let errors = dli_ext::api::DOCUMENTED_ERRORS.iter();
                let lines = errors.map(|error| format!("{:<12}  {}\n", error.code, error.meaning));
                write_stdout(lines.collect::<String>().as_bytes())
            }
            words => {
                let mut topics = TOPICS.iter();
                match topics.find(|(name, ..)| words.len() == 1 && words[0] == *name) {
                    // A topic of a command's name comes with what the command takes.
                    Some((name, _, text)) => {
                        write_stdout(text.as_bytes())?;
                        match crate::command().find_subcommand(name) {
                            Some(_) => write_stdout(b"\n").and_then(|()| command(words)),
                            None => Ok(()),
                        }
                    }
                    None => command(words),
                }
            }
        }
    }
}

fn topics() -> String {
    let mut list: Vec<(&str, &str)> =
        TOPICS.iter().map(|(name, about, _)| (*name, *about)).collect();
    list.push(("exit-codes", "what the program ends with"));
    list.push(("regions", "the known regions"));
    list.push(("errors", "the documented error codes of the service"));
    list.sort_unstable();
    list.iter().map(|(name, about)| format!("{name:<14}  {about}\n")).collect()
}

fn command(words: &[&str]) -> Result<()> {
    let mut command = crate::command();
    command.build();
    let mut at = &mut command;
    for word in words {
        let names: Vec<String> =
            at.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
        at = match at.find_subcommand_mut(word) {
            Some(found) => found,
            None => {
                let topics = TOPICS.iter().map(|(name, ..)| *name).chain([
                    "exit-codes",
                    "regions",
                    "errors",
                ]);
                let near =
                    crate::description::alike(word, names.iter().map(String::as_str).chain(topics));
                let advice = match near.first() {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "`dli help` lists the commands, `dli help topics` the rest".to_owned(),
                };
                return Err(Failure::usage(format!("there is no help on `{word}`; {advice}")));
            }
        };
    }
    write_stdout(at.render_long_help().to_string().as_bytes())
}
