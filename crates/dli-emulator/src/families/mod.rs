//! What answers each operation: one module a family, one table a module.

mod datasource_connections;
mod enhanced_connections;

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::call::Handler;

/// Operation ids with what answers them.
type Table = &'static [(&'static str, Handler)];

const TABLES: &[Table] = &[datasource_connections::TABLE, enhanced_connections::TABLE];

static HANDLERS: LazyLock<HashMap<&str, Handler>> =
    LazyLock::new(|| TABLES.iter().copied().flatten().copied().collect());

/// What answers an operation.
pub(crate) fn handler(operation: &str) -> Option<Handler> {
    HANDLERS.get(operation).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::description::DESCRIPTION;

    #[test]
    fn every_handler_answers_an_operation_of_the_description() {
        for id in HANDLERS.keys() {
            assert!(DESCRIPTION.bundle.operation(id).is_some(), "{id}");
        }
    }
}
