/// The most characters of somebody else's text that a line of the log has.
const MOST: usize = 64;

/// Text that is not ours, as a line of the log may have it: short, and without line ends and control
/// characters, which would forge other lines (ASVS 5.0, 16.4.1).
pub(crate) fn logged(text: &str) -> String {
    text.chars().take(MOST).flat_map(char::escape_debug).collect()
}
