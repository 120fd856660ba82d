//! The book in docs/ as pages, below target/book.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::ensure;

use crate::command::{self, target_directory};
use crate::tools::Tool;

const MDBOOK: Tool = Tool { package: "mdbook", version: "0.5.4" };

/// Builds the book and sees that no link of its pages was lost; or says why it could not.
pub fn build() -> anyhow::Result<Result<(), String>> {
    let program = match MDBOOK.in_ci_or_there()? {
        Ok(program) => program,
        Err(why) => return Ok(Err(why)),
    };
    let folder = target_directory().join("book");
    command::new(program).args(["build", "docs", "--dest-dir", &folder.to_string_lossy()]).run()?;
    let lost = lost_links(&folder)?;
    ensure!(lost.is_empty(), "links of the book that lead nowhere:\n  {}", lost.join("\n  "));
    println!("{}", folder.join("index.html").display());
    Ok(Ok(()))
}

/// Relative links to files that the book does not have.
fn lost_links(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut lost = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path: PathBuf = entry?.path();
        // The page for a wrong address is for any depth of it.
        let page = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !page.ends_with(".html") || page == "404.html" {
            continue;
        }
        for link in fs::read_to_string(&path)?.split(" href=\"").skip(1) {
            let link = link.split('"').next().unwrap_or_default();
            let target = link.split('#').next().unwrap_or_default();
            if !target.contains(':') && !folder.join(target).exists() {
                lost.push(format!("{page}: {link}"));
            }
        }
    }
    lost.sort();
    Ok(lost)
}
