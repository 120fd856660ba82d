//! Brings pipe tables as they are served into the form a Markdown parser reads: one line a row.
//!
//! The pages as served break a row wherever a cell has a paragraph, and some renderings put each
//! cell on a line of its own.

use super::recognise::is_pipe_separator;

/// Longest row in lines; beyond that the pipes are something else.
const MAX_ROW_LINES: usize = 400;
/// No real table has as many columns.
const MAX_COLUMNS: usize = 60;

/// The text with each row of each pipe table on one line. Code blocks stay as they are.
pub fn join_rows(content: &str) -> String {
    if !content.contains('|') {
        return content.to_owned();
    }
    let lines: Vec<&str> = content.lines().collect();
    let mut out: Vec<String> = Vec::with_capacity(lines.len());
    let mut fenced = false;
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        let bare = line.trim();
        fenced ^= bare.starts_with("```") || bare.starts_with("~~~");
        if fenced || !is_pipe_separator(bare) || at == 0 {
            out.push(line.to_owned());
            at += 1;
            continue;
        }
        let columns = cells_of_separator(bare);
        if columns == 0 || columns > MAX_COLUMNS {
            out.push(line.to_owned());
            at += 1;
            continue;
        }
        gather_header(&mut out, columns);
        out.push(format!("|{}", "---|".repeat(columns)));
        at = read_rows(&lines, at + 1, columns, &mut out);
    }
    let mut text = out.join("\n");
    text.push('\n');
    text
}

fn cells_of_separator(bare: &str) -> usize {
    bare.split('|').filter(|cell| cell.contains('-')).count()
}

/// A header whose cells stand on lines of their own becomes one line.
fn gather_header(out: &mut Vec<String>, columns: usize) {
    let cells = |line: &String| line.trim().trim_matches('|').split('|').count();
    let whole = out.last().is_some_and(|line| cells(line) >= columns);
    if whole || columns < 2 || out.len() < columns {
        return;
    }
    let cells = &out[out.len() - columns..];
    if cells.iter().all(|line| pipes(line) == 1 && line.trim_end().ends_with('|')) {
        let header: Vec<String> =
            cells.iter().map(|l| l.trim().trim_end_matches('|').trim().to_owned()).collect();
        out.truncate(out.len() - columns);
        out.push(String::new());
        out.push(format!("| {} |", header.join(" | ")));
    }
}

/// Copies the rows, each on one line, and gives the line after the table.
fn read_rows(lines: &[&str], from: usize, columns: usize, out: &mut Vec<String>) -> usize {
    let mut at = from;
    while at < lines.len() {
        let bare = lines[at].trim();
        if bare.is_empty() || !bare.contains('|') || begins_table(lines, at, columns) {
            break;
        }
        // With a bar in front a row of n cells has n + 1 bars, without it n or one less.
        let wanted = if bare.starts_with('|') { columns + 1 } else { columns };
        let mut row = bare.to_owned();
        let mut seen = pipes(bare);
        let mut end = at + 1;
        while seen < wanted && end < lines.len() && end - at < MAX_ROW_LINES {
            let next = lines[end].trim();
            let closes = pipes(next) > 0;
            // Without a bar at its end a row may simply be short of one.
            if next.is_empty()
                || (!closes && !continues(lines, end, wanted - seen))
                || begins_table(lines, end, columns)
            {
                break;
            }
            row.push_str("<br>");
            row.push_str(next);
            seen += pipes(next);
            end += 1;
        }
        out.push(row);
        at = end;
    }
    out.push(String::new());
    at
}

/// Whether a further line with a bar follows before a blank one, so that the row goes on.
fn continues(lines: &[&str], from: usize, missing: usize) -> bool {
    missing > 0
        && lines[from..]
            .iter()
            .take(40)
            .map(|line| line.trim())
            .take_while(|line| !line.is_empty() && !line.starts_with('|') && !line.starts_with('#'))
            .any(|line| pipes(line) > 0)
}

/// Whether the header of a further table begins at this line: its separator follows.
fn begins_table(lines: &[&str], at: usize, columns: usize) -> bool {
    (1..=columns).any(|n| lines.get(at + n).is_some_and(|line| is_pipe_separator(line.trim())))
        && (pipes(lines[at]) > 1
            || lines.get(at + 1).is_some_and(|l| pipes(l) == 1 || is_pipe_separator(l.trim())))
}

/// The bars of a line that are not escaped.
fn pipes(line: &str) -> usize {
    let mut count = 0;
    let mut escaped = false;
    for c in line.chars() {
        match c {
            '|' if !escaped => count += 1,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_on_one_line_stay_as_they_are() {
        let table = "| a | b |\n| --- | --- |\n| 1 | x \\| y |\n| 2 |  |\n\nafter\n";
        let joined = join_rows(table);
        assert!(joined.contains("| 1 | x \\| y |\n| 2 |  |\n"), "{joined}");
        assert!(joined.ends_with("after\n"));
    }

    #[test]
    fn a_row_that_is_broken_by_its_paragraphs_is_joined() {
        let table =
            "| a | b |\n|---|---|\n| x | first \n   second \n   third | \n| y | z | \n\nafter\n";
        let joined = join_rows(table);
        assert!(joined.contains("| x | first<br>second<br>third |\n| y | z |"), "{joined}");
    }

    #[test]
    fn cells_on_lines_of_their_own_become_rows() {
        let table = "Above\na |\nb |\n---|---|\nx |\nfirst\nsecond |\ny |\nz |\nBelow\nc |\nd |\n---|---|\n1 |\n2 |\n";
        let joined = join_rows(table);
        for row in [
            "| a | b |",
            "x |<br>first<br>second |",
            "y |<br>z |",
            "Below",
            "| c | d |",
            "1 |<br>2 |",
        ] {
            assert!(joined.contains(row), "{row}: {joined}");
        }
    }

    #[test]
    fn code_is_left_alone() {
        let code = "```\na | b\n---|---\nx\n```\n";
        assert_eq!(join_rows(code), code);
    }
}
