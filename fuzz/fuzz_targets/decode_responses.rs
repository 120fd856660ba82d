//! Answers of every type: decoding does not panic, and what decoded encodes and decodes again to
//! the same.
//!
//! The first two bytes choose the type; the third, whether the rest is the answer itself or
//! chooses one that the description allows for the most part.

#![no_main]

use arbitrary::{Result, Unstructured};
use dli_fuzz::{DESCRIPTION, Documents};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|input: &[u8]| {
    let _ = run(&mut Unstructured::new(input));
});

fn run(u: &mut Unstructured<'_>) -> Result<()> {
    let codecs = dli_api::CODECS;
    let codec = codecs[usize::from(u.arbitrary::<u16>()?) % codecs.len()];
    let text = if u.arbitrary::<u8>()? % 2 == 0 {
        u.bytes(u.len())?.to_vec()
    } else {
        let document =
            Documents::new(&DESCRIPTION).document(u, &DESCRIPTION.schemas()[codec.schema])?;
        document.to_string().into_bytes()
    };
    let Ok(once) = (codec.reencode)(&text) else { return Ok(()) };
    let again = (codec.reencode)(&once);
    let again = again.unwrap_or_else(|error| panic!("{}: {error}: {}", codec.schema, shown(&once)));
    // Maps come in any order.
    let value = |text: &[u8]| serde_json::from_slice::<Value>(text).expect("what was encoded");
    let same = value(&once) == value(&again);
    assert!(same, "{}: {} became {}", codec.schema, shown(&once), shown(&again));
    Ok(())
}

fn shown(text: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(text)
}
