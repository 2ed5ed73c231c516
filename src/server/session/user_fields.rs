use url::Url;

use crate::User;
use crate::server::plain_text::plain_text;
use crate::server::session::is_email;

/// The longest name, in characters.
pub(crate) const MAX_NAME_CHARS: usize = 256;
/// The longest URL of an image, in bytes.
const MAX_IMAGE_BYTES: usize = 2048;
/// The longest e-mail address, in bytes (RFC 5321, 4.5.3.1.3).
const MAX_EMAIL_BYTES: usize = 254;

/// Cleans the fields of a user from a provider or from the app's hook, so that a session can hold them. All foreign
/// data passes this function before a session stores it. A name that is too long is cut. An image or an e-mail address
/// that is not accepted is removed.
pub(crate) fn cleaned(user: User, provider: &str) -> User {
    let name = user.name.and_then(|name| plain_text(&name));
    let name = name.and_then(|name| plain_text(&name.chars().take(MAX_NAME_CHARS).collect::<String>()));
    let image = user.image.and_then(|image| plain_text(&image)).filter(|image| is_image(image));
    let email = user.email.and_then(|email| plain_text(&email)).filter(|email| match email_refusal(email) {
        Some(reason) => {
            tracing::info!(provider, reason, "an e-mail address was rejected");
            false
        }
        None => true,
    });
    User { name, image, email, ..user }
}

/// Checks whether a person may choose this name.
pub(crate) fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= MAX_NAME_CHARS && !text.chars().any(char::is_control)
}

/// Checks whether the text is an absolute `http` or `https` URL of at most 2,048 bytes.
pub(crate) fn is_image(text: &str) -> bool {
    let web = |url: Url| matches!(url.scheme(), "https" | "http") && url.has_host();
    text.len() <= MAX_IMAGE_BYTES && Url::parse(text).is_ok_and(web)
}

/// Returns why a session does not accept an e-mail address, or `None` if it does.
pub(crate) fn email_refusal(text: &str) -> Option<&'static str> {
    if text.len() > MAX_EMAIL_BYTES {
        Some("it is longer than 254 bytes")
    } else if !text.is_ascii() {
        Some("it has characters other than ASCII")
    } else if !text.contains('@') {
        Some("it has no `@`")
    } else if !is_email(text) {
        Some("it is not an e-mail address that sessions allow")
    } else {
        None
    }
}
