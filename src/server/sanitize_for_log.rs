/// The most characters of somebody else's text that a line of the log has.
const MAX_CHARS: usize = 64;

/// Text that is not ours, as a line of the log may have it: short, and without line ends and control
/// characters, which would forge other lines (ASVS 5.0, 16.4.1).
pub(crate) fn sanitize_for_log(text: &str) -> String {
    text.chars().take(MAX_CHARS).flat_map(char::escape_debug).collect()
}
