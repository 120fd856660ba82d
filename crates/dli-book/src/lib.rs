//! The book in `docs/` as tests. Every Rust example of every chapter is a doctest of this crate, and
//! runs; lines that a reader need not see begin with `#`, as in rustdoc, and hand it an emulator
//! inside the process. `tests/` holds the links of all pages and the table of contents.

use dli_emulator::Emulator;
use dli_ext::{Builder, Dli};

/// The chapters with examples.
#[cfg(doctest)]
mod chapters {
    macro_rules! chapters {
        ($($name:ident $file:literal)*) => {
            $(#[doc = include_str!(concat!("../../../docs/src/", $file))] struct $name;)*
        };
    }

    chapters! {
        Tour "tour.md"
        Cookbook "cookbook.md"
        Configuration "configuration.md"
        Errors "errors.md"
        Emulator "emulator.md"
        CommandLine "command-line.md"
        Maintaining "maintaining.md"
        Comparison "comparison.md"
    }
}

/// What an example may end with.
pub type Outcome = Result<(), Box<dyn std::error::Error>>;

/// What the statements of the examples give. With the feature `sql` the emulator would run them,
/// but a script comes first.
const SEED: &str = r#"{
  "sql_scripts": [
    { "sql": "select name, people from cities",
      "schema": [{ "name": "string" }, { "people": "bigint" }],
      "rows": [["Ulm", 126000], ["Jena", 110000]] },
    { "sql": "select id, price, note from sales",
      "schema": [{ "id": "bigint" }, { "price": "decimal(12,2)" }, { "note": "string" }],
      "rows": [[1, "12.50", null], [2, "0.99", ""]] },
    { "contains": "EXPORT RESULT", "job_type": "EXPORT" },
    { "contains": "IMPORT TABLE", "job_type": "IMPORT" },
    { "sql": "select never from slow", "delay_ms": 600000, "schema": [], "rows": [] },
    { "sql": "select * from nowhere", "fails": "the table nowhere does not exist" }
  ],
  "requests": [
    { "operation": "create_queue", "body": { "queue_name": "etl", "cu_count": 16 } },
    { "operation": "create_queue",
      "body": { "queue_name": "general", "cu_count": 16, "queue_type": "general" } },
    { "operation": "create_database", "body": { "database_name": "sales" } },
    { "operation": "create_table", "parameters": { "database_name": "sales" },
      "body": { "table_name": "orders", "data_location": "DLI",
                "columns": [{ "column_name": "id", "type": "bigint" }] } }
  ]
}"#;

/// An emulator in which nothing takes time, for an example to set up further.
pub fn emulator() -> dli_emulator::Builder {
    Emulator::builder().delay(std::time::Duration::ZERO).seed(SEED)
}

/// The builder of a client of this emulator that looks at nothing else.
pub fn client(emulator: &Emulator) -> Builder {
    Dli::builder()
        .environment([("NOTHING", "")])
        .home("/nonexistent")
        .no_proxy()
        .endpoint(emulator.url())
        .access_key(emulator.access_key(), emulator.secret_key())
        .project_id(emulator.project_id())
}

/// Runs an example that starts what it needs.
pub fn run(example: impl AsyncFnOnce() -> Outcome) {
    finish(runtime().block_on(example()));
}

/// Runs an example with a client of an emulator.
pub fn with_client(example: impl AsyncFnOnce(Dli) -> Outcome) {
    with_emulator(async |emulator: &Emulator| example(client(emulator).build()?).await);
}

/// Runs an example with an emulator.
pub fn with_emulator(example: impl AsyncFnOnce(&Emulator) -> Outcome) {
    run(async || {
        let emulator = emulator().start().await?;
        let outcome = example(&emulator).await;
        emulator.stop().await;
        outcome
    });
}

/// Runs an example that uses no `async`.
pub fn without_async(example: impl FnOnce(Dli) -> Outcome) {
    let runtime = runtime();
    let started = runtime.block_on(async {
        let emulator = emulator().start().await?;
        let dli = client(&emulator).build()?;
        Ok::<_, Box<dyn std::error::Error>>((emulator, dli))
    });
    finish(started.and_then(|(emulator, dli)| {
        let outcome = example(dli);
        runtime.block_on(emulator.stop());
        outcome
    }));
}

fn runtime() -> tokio::runtime::Runtime {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.unwrap_or_else(|error| panic!("a runtime for the example: {error}"))
}

#[track_caller]
fn finish(outcome: Outcome) {
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
