//! The form of `X-Sdk-Date`: `YYYYMMDDTHHMMSSZ`, always UTC.
//!
//! Written by hand because signing does it for every request.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The header that carries the time of signing.
pub(crate) const SDK_DATE: &str = "x-sdk-date";

/// A time of signing as it stands on the wire.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct SdkDate([u8; 16]);

impl SdkDate {
    /// Writes a time; `None` before the year 0 or after 9999, which the form cannot hold.
    pub(crate) fn new(time: Timestamp) -> Option<Self> {
        let utc = TimeZone::UTC.to_datetime(time);
        let year = u32::try_from(utc.year()).ok()?;
        let mut text = *b"00000000T000000Z";
        let mut put = |at: usize, width: usize, mut number: u32| {
            for slot in text[at..at + width].iter_mut().rev() {
                *slot = b'0' + (number % 10) as u8;
                number /= 10;
            }
        };
        put(0, 4, year);
        put(4, 2, utc.month().unsigned_abs().into());
        put(6, 2, utc.day().unsigned_abs().into());
        put(9, 2, utc.hour().unsigned_abs().into());
        put(11, 2, utc.minute().unsigned_abs().into());
        put(13, 2, utc.second().unsigned_abs().into());
        Some(Self(text))
    }

    /// Reads a date header; `None` for any other form or a day that does not exist.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let text: [u8; 16] = text.try_into().ok()?;
        let date = Self(text);
        date.timestamp().map(|_| date)
    }

    pub(crate) fn timestamp(&self) -> Option<Timestamp> {
        let number = |at: usize, width: usize| {
            self.0[at..at + width].iter().try_fold(0i16, |sum, byte| match byte {
                b'0'..=b'9' => Some(sum * 10 + i16::from(byte - b'0')),
                _ => None,
            })
        };
        let two = |at: usize| number(at, 2).and_then(|n| i8::try_from(n).ok());
        if self.0[8] != b'T' || self.0[15] != b'Z' {
            return None;
        }
        let civil =
            DateTime::new(number(0, 4)?, two(4)?, two(6)?, two(9)?, two(11)?, two(13)?, 0).ok()?;
        TimeZone::UTC.to_timestamp(civil).ok()
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The day alone, `YYYYMMDD`.
    pub(crate) fn day(&self) -> &str {
        &self.as_str()[..8]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_written_and_read_back() {
        let time: Timestamp = "2024-02-29T23:59:58Z".parse().unwrap();
        let date = SdkDate::new(time).unwrap();
        assert_eq!(date.as_str(), "20240229T235958Z");
        assert_eq!(date.day(), "20240229");
        assert_eq!(date.timestamp(), Some(time));
    }

    #[test]
    fn a_date_in_another_form_or_on_no_day_is_refused() {
        for text in [
            "20230229T000000Z",
            "20240101T240000Z",
            "2024-01-01T00:00:00Z",
            "20240101 000000Z",
            "20240101T000000z",
            "20240101T00000-Z",
            "",
        ] {
            assert!(SdkDate::parse(text.as_bytes()).is_none(), "{text}");
        }
    }
}
