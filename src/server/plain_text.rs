use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

/// Text for people that somebody else has written: trimmed, and without control characters and format characters
/// (the Unicode categories Cc and Cf), which show nothing and change how the text beside them looks. Absent where
/// nothing that can be seen is left.
pub(crate) fn plain_text(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|&char| is_joiner(char) || !is_invisible(char)).collect();
    let text = text.trim();
    (!text.chars().all(|char| char.is_whitespace() || is_joiner(char))).then(|| text.to_owned())
}

/// The first of several texts that is one.
pub(crate) fn first_text<const N: usize>(texts: [Option<String>; N]) -> Option<String> {
    texts.into_iter().flatten().find_map(|text| plain_text(&text))
}

fn is_invisible(char: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(char);
    matches!(category, GeneralCategory::Control | GeneralCategory::Format)
}

/// ZWNJ and ZWJ: Persian, Indic scripts and emoji are written with them.
fn is_joiner(char: char) -> bool {
    matches!(char, '\u{200C}' | '\u{200D}')
}
