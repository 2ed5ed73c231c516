/// How many characters of untrusted text a log line may have.
const MAX_CHARS: usize = 64;

/// Shortens untrusted text for a log line, and escapes line ends and control characters, which could forge other lines
/// (ASVS 5.0, 16.4.1).
pub(crate) fn sanitize_for_log(text: &str) -> String {
    text.chars().take(MAX_CHARS).flat_map(char::escape_debug).collect()
}
