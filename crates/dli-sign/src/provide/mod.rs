//! Where credentials come from.
//!
//! A provider answers with a credential, with nothing if it is not set up here, or with an error
//! if it is set up and failed. None touches the machine but through the `Context` it is given.
//! [`Chain::standard`] asks all of them in the order of the vendor's SDK. The ones that call a
//! service bound each call by a time-out of their own, for which they need a tokio runtime with
//! time enabled.

mod chain;
mod container;
mod env;
mod federated;
mod http_call;
mod iam;
mod metadata;
mod oidc;
mod profile;
mod static_;
mod temporary;

pub use chain::{Attempt, Chain, ChainError};
pub use container::ContainerProvider;
pub use env::EnvProvider;
pub use federated::FederatedProvider;
pub use iam::IamPasswordProvider;
pub use metadata::MetadataProvider;
pub use oidc::OidcProvider;
pub use profile::ProfileProvider;
pub use static_::StaticProvider;
