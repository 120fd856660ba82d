//! The program `dli-emulator`, with a client of it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use dli_ext::sql::Storage;
use dli_ext::{Credential, Dli};

pub struct Program {
    pub child: Child,
    pub dli: Dli,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts it with its state in a folder.
pub fn start(folder: &Path) -> Program {
    let mut child = Command::new(env!("CARGO_BIN_EXE_dli-emulator"))
        .args(["--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let first = lines.next().expect("a line").expect("text");
    let url = first.rsplit(' ').next().expect("an address").to_owned();
    std::thread::spawn(move || lines.for_each(drop));
    let dli = Dli::builder()
        .environment([("NONE", "")])
        .home("/nonexistent")
        .no_proxy()
        .endpoint(&url)
        .project_id(dli_emulator::DEFAULT_PROJECT_ID)
        .credential(Credential::new(
            dli_emulator::DEFAULT_ACCESS_KEY,
            dli_emulator::DEFAULT_SECRET_KEY,
        ))
        .storage(Storage::folder(folder.join("buckets")))
        .build()
        .expect("a client");
    Program { child, dli }
}
