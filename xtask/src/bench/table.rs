//! The table, and its place in README.md.

use anyhow::Context as _;

const BEGIN: &str = "<!-- written by `cargo xtask bench --write-readme` -->";
const END: &str = "<!-- end -->";
const HEAD: &str = "| row | what | ours | floor | ratio | target | met |\n\
                    |---|---|---:|---:|---:|---|---|\n";

/// One line of the table.
pub struct Line {
    row: &'static str,
    what: String,
    ours: String,
    floor: String,
    ratio: Option<f64>,
    target: String,
    met: Option<bool>,
    /// What explains a figure.
    note: Option<&'static str>,
}

impl Line {
    /// A figure of ours alone.
    pub fn new(what: impl Into<String>, ours: impl Into<String>) -> Self {
        Self {
            row: "",
            what: what.into(),
            ours: ours.into(),
            floor: String::new(),
            ratio: None,
            target: String::new(),
            met: None,
            note: None,
        }
    }

    /// A row that cannot be measured here.
    pub fn skipped(what: impl Into<String>, why: impl Into<String>) -> Self {
        let mut line = Self::new(what, "skipped");
        line.target = why.into();
        line
    }

    /// What the floor has, and ours as a multiple of it.
    pub fn beside(mut self, floor: impl Into<String>, ratio: f64) -> Self {
        self.floor = floor.into();
        self.ratio = Some(ratio);
        self
    }

    /// The ratio is not to be above this.
    pub fn at_most(mut self, bound: f64) -> Self {
        self.target = format!("≤ {bound:.2} ×");
        self.met = self.ratio.map(|ratio| ratio <= bound);
        self
    }

    /// The ratio is not to be below this.
    pub fn at_least(mut self, bound: f64) -> Self {
        self.target = format!("≥ {bound:.2} ×");
        self.met = self.ratio.map(|ratio| ratio >= bound);
        self
    }

    /// A target of another kind.
    pub fn target(mut self, target: impl Into<String>, met: bool) -> Self {
        self.target = target.into();
        self.met = Some(met);
        self
    }

    /// An explanation, printed below the table.
    pub fn note(mut self, note: &'static str) -> Self {
        self.note = Some(note);
        self
    }

    /// The cause, printed below the table if the target is missed.
    pub fn if_missed(self, cause: &'static str) -> Self {
        if self.met == Some(false) { self.note(cause) } else { self }
    }

    /// The same with the name of its row.
    pub fn of(mut self, row: &'static str) -> Self {
        self.row = row;
        self
    }

    fn show(&self) -> String {
        let ratio = self.ratio.map_or(String::new(), |ratio| format!("{ratio:.2}"));
        let met = match self.met {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "",
        };
        let Self { row, what, ours, floor, target, .. } = self;
        format!("| {row} | {what} | {ours} | {floor} | {ratio} | {target} | {met} |\n")
    }
}

/// The table with its notes.
pub fn show(lines: &[Line]) -> String {
    compose(lines.iter().map(Line::show), notes(lines).into_iter())
}

fn compose(
    lines: impl Iterator<Item = String>,
    notes: impl ExactSizeIterator<Item = String>,
) -> String {
    let mut text = HEAD.to_owned();
    text.extend(lines);
    if notes.len() > 0 {
        text.push('\n');
    }
    text.extend(notes);
    text
}

fn notes(lines: &[Line]) -> Vec<String> {
    let mut notes = Vec::new();
    for line in lines {
        if let Some(note) = line.note {
            let note = format!("- {}: {note}\n", line.row);
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
    }
    notes
}

/// Puts these lines into README.md and keeps those of rows that they have none of, in the order of
/// `rows`.
pub fn write_readme(lines: &[Line], rows: &[&str]) -> anyhow::Result<()> {
    let readme = std::fs::read_to_string("README.md")?;
    let (before, rest) =
        readme.split_once(BEGIN).context("README.md has no marker for the table")?;
    let (old, after) = rest.split_once(END).context("README.md has no end marker for the table")?;
    let (mut table, mut below) = (Vec::new(), Vec::new());
    for row in rows {
        let (cells, point) = (format!("| {row} |"), format!("- {row}:"));
        let new: Vec<&Line> = lines.iter().filter(|line| line.row == *row).collect();
        if new.is_empty() {
            let kept = |start: &str| -> Vec<String> {
                let lines = old.lines().filter(|line| line.starts_with(start));
                lines.map(|line| format!("{line}\n")).collect()
            };
            table.extend(kept(&cells));
            below.extend(kept(&point));
        } else {
            table.extend(new.iter().map(|line| line.show()));
        }
        below.extend(notes(lines).into_iter().filter(|note| note.starts_with(&point)));
    }
    let text = compose(table.into_iter(), below.into_iter());
    std::fs::write("README.md", format!("{before}{BEGIN}\n{text}{END}{after}"))?;
    Ok(())
}
