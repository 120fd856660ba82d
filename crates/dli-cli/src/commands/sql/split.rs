//! Where one statement ends and the next begins.

/// The statements of a text: parted by semicolons that stand outside of quotes and comments.
pub fn statements(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut scanner = Scanner::default();
    let mut start = 0;
    for (at, c) in text.char_indices() {
        if scanner.step(c) {
            push(&text[start..at], &mut found);
            start = at + 1;
        }
    }
    push(&text[start..], &mut found);
    found
}

/// Whether a text ends with a whole statement, so that a shell need not ask for more.
pub fn is_complete(text: &str) -> bool {
    let mut scanner = Scanner::default();
    let mut start = None;
    for (at, c) in text.char_indices() {
        if scanner.step(c) {
            start = Some(at + 1);
        }
    }
    let open = matches!(scanner.within, Within::Quote(_) | Within::Block);
    !open && (is_blank(text) || start.is_some_and(|start| is_blank(&text[start..])))
}

fn push(statement: &str, found: &mut Vec<String>) {
    if !is_blank(statement) {
        found.push(without_comments_before(statement).to_owned());
    }
}

/// Lines of comment before a statement are about the file rather than for the service.
fn without_comments_before(statement: &str) -> &str {
    let mut rest = statement.trim();
    while rest.starts_with("--") {
        rest = rest.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
    }
    rest
}

/// Whether there is nothing but blanks, comments and semicolons.
fn is_blank(text: &str) -> bool {
    let mut scanner = Scanner::default();
    let mut code = String::new();
    for c in text.chars() {
        let before = scanner.within;
        scanner.step(c);
        match (before, scanner.within) {
            // The first character of the comment's mark was taken for code.
            (Within::Code, Within::Line | Within::Block) => {
                code.pop();
            }
            (Within::Line | Within::Block, _) => {}
            _ => code.push(c),
        }
    }
    code.chars().all(|c| c.is_whitespace() || c == ';')
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Within {
    #[default]
    Code,
    Quote(char),
    Line,
    Block,
}

/// Walks over SQL, a character at a time.
#[derive(Default)]
struct Scanner {
    within: Within,
    last: char,
    escaped: bool,
}

impl Scanner {
    /// Whether this character ends a statement.
    fn step(&mut self, c: char) -> bool {
        let last = std::mem::replace(&mut self.last, c);
        match self.within {
            Within::Code => match c {
                ';' => return true,
                '\'' | '"' | '`' => self.within = Within::Quote(c),
                '-' if last == '-' => self.within = Within::Line,
                '*' if last == '/' => {
                    self.within = Within::Block;
                    self.last = ' ';
                }
                _ => {}
            },
            Within::Quote(quote) => {
                if self.escaped {
                    self.escaped = false;
                } else if c == '\\' && quote != '`' {
                    self.escaped = true;
                } else if c == quote {
                    self.within = Within::Code;
                }
            }
            Within::Line if c == '\n' => self.within = Within::Code,
            Within::Block if c == '/' && last == '*' => {
                self.within = Within::Code;
                self.last = ' ';
            }
            Within::Line | Within::Block => {}
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn semicolons_in_quotes_and_comments_end_nothing() {
        let text = "select ';' as a; -- one; two\n/* three; */ select `b;`, 'it\\'s;' ;\n;";
        assert_eq!(statements(text), ["select ';' as a", "/* three; */ select `b;`, 'it\\'s;'"]);
    }

    #[test]
    fn blanks_and_comments_are_no_statement() {
        assert_eq!(statements(" -- nothing\n /* here */ ; \n"), Vec::<String>::new());
        assert_eq!(statements("select 1-1; select 4/2").len(), 2);
        assert_eq!(statements("1"), ["1"]);
    }

    #[test]
    fn a_statement_is_complete_after_its_semicolon() {
        assert!(is_complete("select 1;"));
        assert!(is_complete("select 1; -- so"));
        assert!(!is_complete("select 1"));
        assert!(!is_complete("select ';"));
        assert!(!is_complete("select 1; select 2"));
        assert!(is_complete("  "));
    }
}
