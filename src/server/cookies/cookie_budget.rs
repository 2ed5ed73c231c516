use crate::server::cookies::{CookieKind, RequestCookies, SetCookies};

/// The longest `Cookie` header of a page, in bytes. nginx and other servers reject a header line of more than 8 KB. The
/// browser could then not open any page of the site.
pub(crate) const MAX_LINE_BYTES: usize = 8 * 1024 - "Cookie: \r\n".len();
/// The limit for all flows of a browser together, in bytes. A limit is needed because any page of another site can make
/// the browser start flows.
pub(crate) const MAX_FLOW_BYTES: usize = 3 * 1024;
/// The limit for a session's cookie, in bytes. The pin, the CSRF token, the list of ended sessions and one flow of the
/// usual size take about 1,100 bytes. Together with these, the session's cookie takes at most 6 KB. A larger session
/// cookie of another server is still read.
pub(crate) const MAX_SESSION_BYTES: usize = 6 * 1024 - 1280;

/// The bytes of a `Cookie` header that a cookie takes, including the separator before the next one.
pub(super) fn pair_bytes(name: &str, value: &str) -> usize {
    name.len() + value.len() + "=; ".len()
}

impl SetCookies {
    /// The bytes of a page's `Cookie` header that the cookies of this kind will take, with all parts. Only cookies that
    /// are set here count.
    pub(crate) fn bytes(&self, kind: CookieKind<'_>) -> usize {
        self.pairs_of(kind).map(|(name, value)| pair_bytes(name, value)).sum()
    }

    /// The length of a page's next `Cookie` header: the cookies of the request, with the changes that are set and
    /// cleared here. Provider token cookies don't count, because browsers don't send them to pages.
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
