//! Times and durations as people read them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Milliseconds since 1970 as local time.
pub fn local_time(milliseconds: i64) -> String {
    match Timestamp::from_millisecond(milliseconds) {
        Ok(time) => time.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => milliseconds.to_string(),
    }
}

/// A duration in its two largest units.
pub fn duration(milliseconds: i64) -> String {
    let seconds = milliseconds / 1000;
    match seconds {
        ..0 => String::new(),
        0 => format!("{milliseconds} ms"),
        1..10 => format!("{:.1} s", milliseconds as f64 / 1000.0),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86400 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86400, seconds % 86400 / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_their_two_largest_units() {
        let shown: Vec<String> =
            [5, 1500, 59_000, 61_000, 3_660_000, 90_000_000].map(duration).to_vec();
        assert_eq!(shown, ["5 ms", "1.5 s", "59 s", "1 min 1 s", "1 h 1 min", "1 d 1 h"]);
    }
}
