//! Pages that walk through several operations and show examples of each, without their tables.

use crate::document::{Block, Document, without_marks};
use crate::facts::{Direction, OperationFacts};

use super::operation_line::{self, Address};
use super::sections::direction_of;
use super::{Code, examples};

/// No real page walks through as many.
const MAX_OPERATIONS: usize = 50;

/// The operations of a page that names their addresses ("URI format: POST /v1.0/…") and shows
/// examples of them. Addresses without an example are mentioned, not documented.
pub fn read(document: &Document) -> Vec<OperationFacts> {
    let mut steps: Vec<(Address, Vec<Code>)> = Vec::new();
    let mut direction: Option<Direction> = None;
    for block in &document.blocks {
        match block {
            Block::Heading { text, .. } => direction = direction_of(text),
            Block::Text(text) => {
                for line in text.text.lines().take(50) {
                    if let Some(address) = announced(line) {
                        if steps.len() < MAX_OPERATIONS {
                            steps.push((address, Vec::new()));
                        }
                        direction = None;
                    }
                }
                if text.text.chars().count() <= 60
                    && let Some(found) = direction_of(&text.text)
                {
                    direction = Some(found);
                }
            }
            Block::Code(code) => {
                if let Some((_, codes)) = steps.last_mut()
                    && direction.is_some()
                {
                    codes.push(Code { text: code.clone(), direction, status: None, example: true });
                }
            }
            Block::Table(_) => {}
        }
    }
    let mut operations: Vec<OperationFacts> = Vec::new();
    // The same operation may be a step twice; its examples are counted through.
    let mut merged: Vec<(Address, Vec<Code>)> = Vec::new();
    for (address, codes) in steps {
        match merged.iter_mut().find(|(a, _)| a.method == address.method && a.path == address.path)
        {
            Some((_, all)) => all.extend(codes),
            None => merged.push((address, codes)),
        }
    }
    for (address, codes) in merged {
        let found = examples(&codes);
        if !found.is_empty() {
            let mut operation = OperationFacts::new(&address.method, &address.path);
            operation.examples = found;
            operations.push(operation);
        }
    }
    operations
}

/// `URI format: POST /v1.0/{project_id}/queues`; the pattern, not an example of it.
fn announced(line: &str) -> Option<Address> {
    let plain = without_marks(line);
    let lower = plain.to_lowercase();
    let at =
        ["uri格式", "uri format"].iter().find_map(|mark| Some(lower.find(mark)? + mark.len()))?;
    let rest = plain.get(at..)?.trim_start_matches([':', '：', ' ']);
    operation_line::read(rest).filter(|a| a.path.contains('{'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::markdown;

    #[test]
    fn a_walk_through_gives_the_examples_of_each_step() {
        let page = "# Brewing\n\n1.  Fill.\n    -   API\n\n        URI format: POST /v9/{project_id}/kettles\n\n    -   Example request\n\n        ```\n        {\"label\": \"tea\"}\n        ```\n\n    -   Example response\n\n        ```\n        {\"is_success\": true}\n        ```\n\n2.  Look.\n\n    URI format: GET /v9/{project_id}/kettles/{id}\n\n    None shown.\n";
        let operations = read(&markdown::read(page));
        assert_eq!(operations.len(), 1);
        assert_eq!(operations[0].address(), "POST /v9/{project_id}/kettles");
        let directions: Vec<Direction> =
            operations[0].examples.iter().map(|e| e.direction).collect();
        assert_eq!(directions, [Direction::Request, Direction::Response]);
    }
}
