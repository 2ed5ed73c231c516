use crate::server::cookies::{CookieKind, RequestCookies, SetCookies};

/// The longest `Cookie` line of a page, in bytes: nginx and others refuse a header line of more than 8 KB, and then
/// the whole site is out of reach for that browser.
pub(crate) const MAX_LINE_BYTES: usize = 8 * 1024 - "Cookie: \r\n".len();
/// What all flows together may have of it, in bytes: any page can make a browser begin some.
pub(crate) const MAX_FLOW_BYTES: usize = 3 * 1024;
/// What a session's cookie may have of it, in bytes. With the pin, the CSRF token, the note of ended sessions and one
/// flow of the usual size (together some 1,100 bytes) it is at most 6 KB. Larger ones of other servers are read.
pub(crate) const MAX_SESSION_BYTES: usize = 6 * 1024 - 1280;

/// How many bytes of a `Cookie` line a cookie has, with what separates it from the next one.
pub(super) fn pair_bytes(name: &str, value: &str) -> usize {
    name.len() + value.len() + "=; ".len()
}

impl SetCookies {
    /// How many bytes of a page's `Cookie` line the cookies of this kind will have that are set here, in all parts.
    pub(crate) fn bytes(&self, kind: CookieKind<'_>) -> usize {
        self.pairs_of(kind).map(|(name, value)| pair_bytes(name, value)).sum()
    }

    /// How long a page's `Cookie` line will be: what the request brought, with what is set and cleared here. The
    /// cookies of provider tokens are not sent to pages.
    pub(crate) fn line_bytes(&self, brought: &RequestCookies) -> usize {
        let replaced: usize = brought
            .starting_with("")
            .filter(|(name, _)| self.is_changed(name) || self.is_of_provider_tokens(name))
            .map(|(name, value)| pair_bytes(name, value))
            .sum();
        let set: usize = self.pairs().map(|(name, value)| pair_bytes(name, value)).sum();
        (brought.bytes() + set).saturating_sub(replaced)
    }
}
