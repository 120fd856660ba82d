//! The embedded description: read once a process, never parsed from YAML.

use std::sync::{LazyLock, OnceLock};

use dli_spec::{Bundle, Operation};

use crate::router::Router;
use crate::validate::Validators;

/// The description with what is derived from it.
pub(crate) struct Description {
    pub bundle: Bundle,
    pub router: Router,
    /// One slot an operation, filled when the operation is first called.
    validators: Vec<OnceLock<Validators>>,
}

/// The one description of this process.
pub(crate) static DESCRIPTION: LazyLock<Description> = LazyLock::new(|| {
    let text = include_str!(concat!(env!("OUT_DIR"), "/description.json"));
    let bundle = Bundle::from_compact(text).expect("the build script wrote a valid description");
    let router = Router::new(bundle.operations());
    let validators = bundle.operations().iter().map(|_| OnceLock::new()).collect();
    Description { bundle, router, validators }
});

impl Description {
    pub fn operation(&self, index: usize) -> &Operation {
        &self.bundle.operations()[index]
    }

    /// The compiled schemas of an operation.
    pub fn validators(&self, index: usize) -> &Validators {
        self.validators[index]
            .get_or_init(|| Validators::compile(&self.bundle, self.operation(index)))
    }
}
