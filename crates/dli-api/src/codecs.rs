//! Types by the name of their schema (feature `codecs`): for tools and tests that hold every
//! type to something, such as the documentation's examples.
//!
//! ```
//! # #[cfg(feature = "datasource_connections")] {
//! let codec = dli_api::codecs::by_schema("Acknowledgement").unwrap();
//! let text = (codec.reencode)(br#"{"is_success": "true"}"#).unwrap();
//! assert_eq!(text, br#"{"is_success":true}"#);
//! # }
//! ```

use serde::{Serialize, de::DeserializeOwned};

/// How the type of one schema decodes and encodes.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Codec {
    /// Name of the schema in the description.
    pub schema: &'static str,
    /// Decodes JSON into the type and encodes it again.
    pub reencode: fn(&[u8]) -> Result<Vec<u8>, serde_json::Error>,
    /// The schema derived from the Rust type (feature `schemars`).
    #[cfg(feature = "schemars")]
    pub json_schema: fn() -> schemars::Schema,
}

/// The codec of a schema, if an enabled family has it.
pub fn by_schema(name: &str) -> Option<&'static Codec> {
    crate::CODECS.iter().find(|codec| codec.schema == name)
}

pub(crate) fn reencode<T: DeserializeOwned + Serialize>(
    json: &[u8],
) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&serde_json::from_slice::<T>(json)?)
}

#[cfg(feature = "schemars")]
pub(crate) fn json_schema<T: schemars::JsonSchema>() -> schemars::Schema {
    schemars::schema_for!(T)
}

/// Rows of the generated table of types.
macro_rules! codecs {
    ($($schema:literal $type:ident,)*) => {
        &[$($crate::codecs::Codec {
            schema: $schema,
            reencode: $crate::codecs::reencode::<types::$type>,
            #[cfg(feature = "schemars")]
            json_schema: $crate::codecs::json_schema::<types::$type>,
        }),*]
    };
}
pub(crate) use codecs;
