//! Where credentials come from.
//!
//! A provider answers with a credential, with nothing if it is not set up here, or with an error
//! if it is set up and failed. None touches the machine but through the `Context` it is given.

mod env;
mod static_;

pub use env::EnvProvider;
pub use static_::StaticProvider;
