//! Times in plain words. This does not use the formatting of `time`, which would make the wasm file much larger.

use std::time::Duration;

use time::OffsetDateTime;

/// Formats a time like `4 December 2026, 09:30 UTC`.
pub(crate) fn date(when: OffsetDateTime) -> String {
    let (hour, minute, _) = when.to_hms();
    format!("{} {} {}, {hour:02}:{minute:02} UTC", when.day(), when.month(), when.year())
}

/// Formats a time for `<time datetime>`.
pub(crate) fn machine(when: OffsetDateTime) -> String {
    let (hour, minute, second) = when.to_hms();
    let (year, month, day) = (when.year(), u8::from(when.month()), when.day());
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Formats a duration like `3 hours`, in the largest unit of which there are at least two.
pub(crate) fn duration(length: Duration) -> String {
    let seconds = length.as_secs();
    let (count, unit) = [(86_400, "days"), (3_600, "hours"), (60, "minutes")]
        .into_iter()
        .map(|(size, unit)| (seconds / size, unit))
        .find(|(count, _)| *count >= 2)
        .unwrap_or((seconds, "seconds"));
    format!("{count} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_durations_are_formatted_for_people() {
        let when = OffsetDateTime::from_unix_timestamp(1_796_376_605).unwrap();
        assert_eq!(date(when), "4 December 2026, 09:30 UTC");
        assert_eq!(machine(when), "2026-12-04T09:30:05Z");
        for (seconds, words) in [
            (1, "1 seconds"),
            (119, "119 seconds"),
            (120, "2 minutes"),
            (7_199, "119 minutes"),
            (7_200, "2 hours"),
            (172_799, "47 hours"),
            (1_296_000, "15 days"),
        ] {
            assert_eq!(duration(Duration::from_secs(seconds)), words);
        }
    }
}
