use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

/// Cleans untrusted text before people see it. Trims the text, and removes control and format characters (the Unicode
/// categories Cc and Cf, except ZWNJ and ZWJ): they are invisible, and they can change how the text around them looks.
/// Returns `None` if nothing visible is left.
pub(crate) fn plain_text(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|&char| is_joiner(char) || !is_invisible(char)).collect();
    let text = text.trim();
    (!text.chars().all(|char| char.is_whitespace() || is_joiner(char))).then(|| text.to_owned())
}

/// Returns the first text that has something visible, cleaned.
pub(crate) fn first_text<const N: usize>(texts: [Option<String>; N]) -> Option<String> {
    texts.into_iter().flatten().find_map(|text| plain_text(&text))
}

fn is_invisible(char: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(char);
    matches!(category, GeneralCategory::Control | GeneralCategory::Format)
}

/// ZWNJ and ZWJ. Persian, Indic scripts and emoji need them.
fn is_joiner(char: char) -> bool {
    matches!(char, '\u{200C}' | '\u{200D}')
}
