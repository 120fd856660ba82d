//! What the targets share: the description, and inputs made from it.
//!
//! Bytes choose. Where there are none left the simplest choice is made, so that a short input is a
//! plain request and every further byte can make it stranger.

mod documents;

use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use dli_spec::Bundle;

pub use documents::Documents;

/// The whole description.
pub static DESCRIPTION: LazyLock<Bundle> = LazyLock::new(|| {
    let text = include_str!(concat!(env!("OUT_DIR"), "/description.json"));
    Bundle::from_compact(text).expect("the build script wrote it")
});

/// One of these.
pub fn one_of<'a, T>(u: &mut Unstructured<'_>, choices: &'a [T]) -> Result<&'a T> {
    let index = if choices.len() > 256 {
        u.arbitrary::<u16>()?.into()
    } else {
        u.arbitrary::<u8>()?.into()
    };
    let index: usize = index;
    Ok(&choices[index % choices.len()])
}

/// True for about `share` of 256 bytes; never if none are left.
pub fn now_and_then(u: &mut Unstructured<'_>, share: u8) -> Result<bool> {
    Ok(u.arbitrary::<u8>()? > u8::MAX - share)
}

/// A text without structure, up to `longest` bytes.
pub fn text(u: &mut Unstructured<'_>, longest: usize) -> Result<String> {
    let length = usize::from(u.arbitrary::<u8>()?).min(longest).min(u.len());
    Ok(String::from_utf8_lossy(u.bytes(length)?).into_owned())
}
