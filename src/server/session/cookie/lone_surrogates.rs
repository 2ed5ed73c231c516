/// Replaces each `\uD800` to `\uDFFF` that is not half of a pair by U+FFFD. JavaScript writes such an escape if it has
/// cut a name inside an emoji (ECMA-262, 25.5.2.3), but a Rust string cannot hold it.
pub(super) fn without_lone_surrogates(json: &str) -> String {
    let mut rest = json;
    let mut text = String::with_capacity(json.len());
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        text.push_str(before);
        let length = match unit(escape) {
            Some(0xD800..=0xDBFF) if matches!(escape.get(6..).and_then(unit), Some(0xDC00..=0xDFFF)) => 12,
            Some(0xD800..=0xDFFF) => {
                text.push('\u{FFFD}');
                rest = &escape[6..];
                continue;
            }
            // An escaped backslash does not begin another escape.
            _ => 2,
        };
        let length = if escape.is_char_boundary(length) { length } else { escape.len() };
        text.push_str(&escape[..length]);
        rest = &escape[length..];
    }
    text + rest
}

/// Returns the code unit of a `\uXXXX` at the beginning of the text.
fn unit(escape: &str) -> Option<u16> {
    let digits = escape.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lone_surrogates_are_replaced() {
        for (json, expected) in [
            (r#""a\ud83d""#, "\"a\u{FFFD}\""),
            (r#""\ude00b""#, "\"\u{FFFD}b\""),
            (r#""\ud83d\ud83d\ude00""#, "\"\u{FFFD}\\ud83d\\ude00\""),
            (r#""\ud83d\u0041""#, "\"\u{FFFD}\\u0041\""),
            // An escaped backslash, and then letters that are no escape.
            (r#""\\ud83d""#, r#""\\ud83d""#),
            (r#""\n\"\ud83d\ude00é""#, r#""\n\"\ud83d\ude00é""#),
            ("\\u12", "\\u12"),
            ("\\é", "\\é"),
            ("\\", "\\"),
        ] {
            assert_eq!(without_lone_surrogates(json), expected, "{json}");
        }
    }
}
