/// Checks whether the TypeScript release accepts the text as an e-mail address. It rejects a session with any other
/// text, so this library neither writes nor reads such a session.
///
/// Before the `@`: letters, digits and `_'+-.`. A dot stands only between two other characters, and no quote stands at
/// the end. After the `@`: at least two labels. The last one has at least two characters, and all of them are letters.
pub(crate) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let local_fits = local.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_'+-.".contains(&byte))
        && !local.is_empty()
        && !local.starts_with('.')
        && !local.ends_with(['.', '\''])
        && !local.contains("..");
    let Some((labels, top)) = domain.rsplit_once('.') else { return false };
    let labels_fit = labels.split('.').all(|label| {
        label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.is_empty()
            && !label.starts_with('-')
    });
    local_fits && labels_fit && top.len() >= 2 && top.bytes().all(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::is_email;

    #[test]
    fn valid_email_addresses_are_accepted_and_other_text_is_rejected() {
        for address in ["ada@example.com", "a.b+c@sub.example.co", "o'brien@example.org", "_x-@a-b.io"] {
            assert!(is_email(address), "{address}");
        }
        for text in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "ada@localhost",
            ".a@example.com",
            "a..b@example.com",
            "a.@example.com",
            "a b@example.com",
            "a@b@example.com",
            "a@-b.com",
            "a@example.c",
            "a@example.c0m",
            "a@.com",
            "ä@example.com",
        ] {
            assert!(!is_email(text), "{text}");
        }
    }
}
