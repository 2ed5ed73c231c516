/// How many characters a log line may have of untrusted text, after escaping.
const MAX_CHARS: usize = 64;

/// Escapes line ends and control characters of untrusted text, which could forge other lines (ASVS 5.0, 16.4.1), and
/// shortens the escaped text for a log line. It is not cut within an escape.
pub(crate) fn sanitize_for_log(text: &str) -> String {
    let mut sanitized = String::new();
    let mut room = MAX_CHARS;
    for escape in text.chars().map(char::escape_debug) {
        let Some(rest) = room.checked_sub(escape.len()) else { break };
        room = rest;
        sanitized.extend(escape);
    }
    sanitized
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_text_has_at_most_64_characters_and_never_ends_inside_an_escape() {
        assert_eq!(sanitize_for_log("a\nb\u{202e}é"), r"a\nb\u{202e}é");
        assert_eq!(sanitize_for_log(&"é".repeat(65)), "é".repeat(64));
        assert_eq!(sanitize_for_log(&"\n".repeat(100)), r"\n".repeat(32));
        assert_eq!(sanitize_for_log(&"\u{202e}".repeat(100)), r"\u{202e}".repeat(8));
        // There is room for one more character, but not for its escape. Text after it is not shown either.
        let almost_full = "a".repeat(63);
        assert_eq!(sanitize_for_log(&format!("{almost_full}\nb")), almost_full);
    }
}
