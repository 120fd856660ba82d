//! Every page of the project: its links lead somewhere, the book lists its chapters, and the two
//! READMEs say the same.

use std::collections::{BTreeSet, HashMap};
use std::path::{Component, Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd};

const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// What a page consists of, as far as it matters here.
#[derive(Default)]
struct Page {
    links: Vec<String>,
    anchors: BTreeSet<String>,
    /// Blocks of `sh`.
    shell: Vec<String>,
    /// Words in code, of commands only.
    commands: BTreeSet<String>,
    includes: Vec<String>,
}

fn text_of(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn read(path: &Path) -> Page {
    parse(&text_of(path))
}

fn parse(text: &str) -> Page {
    let mut page = Page::default();
    for line in text.lines() {
        if let Some(rest) = line.trim().strip_prefix("{{#include ") {
            page.includes.push(rest.trim_end_matches("}}").trim().to_owned());
        }
    }
    let mut heading: Option<String> = None;
    let mut block: Option<String> = None;
    let mut known: HashMap<String, usize> = HashMap::new();
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                page.links.push(dest_url.into_string());
            }
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let slug = slug(&heading.take().unwrap_or_default());
                let nth = known.entry(slug.clone()).or_default();
                page.anchors.insert(if *nth == 0 { slug } else { format!("{slug}-{nth}") });
                *nth += 1;
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(kind))) if *kind == *"sh" => {
                block = Some(String::new());
            }
            Event::End(TagEnd::CodeBlock) => page.shell.extend(block.take()),
            Event::Text(words) => said(&words, &mut heading, &mut block),
            Event::Code(words) => {
                said(&words, &mut heading, &mut None);
                if words.starts_with("dli ") || words.starts_with("cargo ") {
                    page.commands.insert(words.into_string());
                }
            }
            _ => {}
        }
    }
    page
}

fn said(words: &CowStr<'_>, heading: &mut Option<String>, block: &mut Option<String>) {
    for text in [heading, block].into_iter().flatten() {
        text.push_str(words);
    }
}

/// The anchor of a heading; mdBook and the repository's pages agree on it.
fn slug(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Markdown pages of the project, without what is built and what is hidden.
fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap()).collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        // Symbolic links would show a page twice; fixtures are pages of somebody else.
        let kind = entry.file_type().unwrap();
        if kind.is_dir()
            && !name.starts_with('.')
            && !["target", "fixtures", "corpus"].contains(&&*name)
        {
            pages(&path, found);
        } else if kind.is_file() && name.ends_with(".md") {
            found.push(path);
        }
    }
}

/// The same path without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(out.pop()),
            Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}

/// What is wrong with a link of a page.
fn wrong(root: &Path, page: &Path, link: &str) -> Option<String> {
    let book = root.join("docs/src");
    let of_repository = ["blob", "tree"]
        .iter()
        .find_map(|kind| link.strip_prefix(&format!("{REPOSITORY}/{kind}/main/")));
    let (target, anchor) = match of_repository.unwrap_or(link).split_once('#') {
        Some((target, anchor)) => (target, Some(anchor)),
        None => (of_repository.unwrap_or(link), None),
    };
    let path = match (of_repository, target) {
        (Some(_), target) => root.join(target),
        // The network is not asked.
        (None, target) if target.contains("://") => return None,
        (None, "") => page.to_owned(),
        // Pages that are also documentation of a crate name items of it; rustdoc checks those.
        (None, target) if page.starts_with(root.join("crates")) && !target.contains(['.', '/']) => {
            return None;
        }
        (None, target) => page.parent()?.join(target),
    };
    let path = plain(&path);
    if !path.exists() {
        return Some(format!("{} does not exist", path.display()));
    }
    if of_repository.is_none() && page.starts_with(&book) && !path.starts_with(&book) {
        return Some("leads out of the book; give the address in the repository".to_owned());
    }
    let anchor = anchor.filter(|_| path.extension().is_some_and(|kind| kind == "md"))?;
    let there = read(&path);
    let included = there.includes.iter().map(|include| read(&path.parent().unwrap().join(include)));
    let known = included.fold(there.anchors, |mut known, page| {
        known.extend(page.anchors);
        known
    });
    (!known.contains(anchor)).then(|| format!("{} has no heading `{anchor}`", path.display()))
}

#[test]
fn every_link_between_pages_leads_somewhere() {
    let root = root();
    let mut found = Vec::new();
    pages(&root, &mut found);
    assert!(found.len() > 15, "{found:?}");
    let mut problems = Vec::new();
    let mut links = 0;
    for path in &found {
        let page = read(path);
        let name = path.strip_prefix(&root).unwrap().display();
        for link in &page.links {
            links += 1;
            if let Some(problem) = wrong(&root, path, link) {
                problems.push(format!("{name}: [{link}] {problem}"));
            }
        }
        for include in &page.includes {
            let included = path.parent().unwrap().join(include);
            let elsewhere = |link: &&String| !link.contains("://") && !link.starts_with('#');
            for link in read(&included).links.iter().filter(elsewhere) {
                problems.push(format!("{name}: {include} has the link {link}, lost in the book"));
            }
        }
    }
    assert!(links > 60, "only {links} links were seen");
    assert_eq!(problems, Vec::<String>::new());
}

#[test]
fn a_link_that_leads_nowhere_would_be_noticed() {
    let root = root();
    let page = root.join("docs/src/tour.md");
    for link in ["nowhere.md", "cookbook.md#nothing", "#nothing", "../../README.md"] {
        assert!(wrong(&root, &page, link).is_some(), "{link}");
    }
    let gone = format!("{REPOSITORY}/blob/main/crates/nowhere/README.md");
    assert!(wrong(&root, &page, &gone).is_some());
    let there = format!("{REPOSITORY}/blob/main/README.md#a-call");
    assert_eq!(wrong(&root, &page, &there), None);
}

#[test]
fn the_table_of_contents_has_every_chapter() {
    let folder = root().join("docs/src");
    let listed: BTreeSet<String> = read(&folder.join("SUMMARY.md")).links.into_iter().collect();
    let mut found = Vec::new();
    pages(&folder, &mut found);
    let there = found.iter().map(|path| path.strip_prefix(&folder).unwrap());
    let there = there.map(|path| path.to_string_lossy().into_owned());
    let there: BTreeSet<String> = there.filter(|path| path != "SUMMARY.md").collect();
    assert_eq!(listed, there);
}

/// A page without the tables that a command writes: they are in the English README alone.
fn without_measured(text: &str) -> String {
    let mut parts = text.split("<!-- written by");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push_str(part.split_once("<!-- end -->").expect("the end of a table").1);
    }
    kept
}

#[test]
fn the_chinese_readme_has_the_commands_and_links_of_the_english_one() {
    let root = root();
    let english = parse(&without_measured(&text_of(&root.join("README.md"))));
    let chinese = read(&root.join("README.zh-CN.md"));
    assert_eq!(chinese.shell, english.shell);
    assert_eq!(chinese.commands, english.commands);
    let links = |page: &Page, other: &str| -> BTreeSet<String> {
        // One leads to the other.
        let own = page.links.iter().filter(|link| !link.starts_with(other));
        own.cloned().collect()
    };
    assert_eq!(links(&chinese, "README.md"), links(&english, "README.zh-CN.md"));
}
