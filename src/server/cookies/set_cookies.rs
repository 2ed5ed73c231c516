use std::sync::Arc;

use http::header::{HeaderMap, HeaderValue, SET_COOKIE};

use crate::server::cookies::policy::MAX_TOKEN_PARTS;
use crate::server::cookies::{CookieError, CookieKind, CookiePolicy};

/// The `Set-Cookie` headers of a response. For each name and path there is only one: a later value replaces an earlier
/// one.
pub(crate) struct SetCookies {
    policy: Arc<CookiePolicy>,
    secure: bool,
    lines: Vec<Line>,
}

struct Line {
    name: String,
    /// Whether its path is the one of the provider endpoints.
    is_for_providers: bool,
    value: HeaderValue,
}

impl SetCookies {
    pub(crate) fn new(policy: &Arc<CookiePolicy>, secure: bool) -> Self {
        Self { policy: Arc::clone(policy), secure, lines: Vec::new() }
    }

    /// Sets a cookie for `max_age_seconds`. If it is too large for one cookie, it is split into parts. Also clears
    /// parts of an older value, if `stale_parts` is larger than the new number of parts. Returns the number of parts,
    /// which is 0 if the cookie is not split.
    ///
    /// # Errors
    ///
    /// [`CookieError::TooLarge`] if the value needs more parts than cookies of this kind may have. In this case nothing
    /// is set.
    pub(crate) fn set(
        &mut self,
        kind: CookieKind<'_>,
        value: &str,
        max_age_seconds: i64,
        stale_parts: usize,
    ) -> Result<usize, CookieError> {
        let lines = self.policy.lines(kind, value, self.secure, max_age_seconds)?;
        let parts = if lines.len() == 1 { 0 } else { lines.len() };
        for (name, value) in lines {
            self.put(Line { name, is_for_providers: kind.is_for_providers(), value });
        }
        let name = self.policy.name(kind, self.secure).into_owned();
        if parts > 0 {
            self.clear_named(kind, name.clone())?;
        }
        for part in parts..stale_parts {
            self.clear_named(kind, format!("{name}.{part}"))?;
        }
        Ok(parts)
    }

    /// Clears a cookie, and its first `parts` parts.
    pub(crate) fn clear(&mut self, kind: CookieKind<'_>, parts: usize) -> Result<(), CookieError> {
        let name = self.policy.name(kind, self.secure).into_owned();
        for part in 0..parts {
            self.clear_named(kind, format!("{name}.{part}"))?;
        }
        self.clear_named(kind, name)
    }

    /// Clears a provider's tokens: all possible parts of this library's cookie, and the cookies with the name that a
    /// TypeScript server uses.
    pub(crate) fn clear_provider_tokens(&mut self, provider: &str) -> Result<(), CookieError> {
        self.clear(CookieKind::ProviderTokens(provider), MAX_TOKEN_PARTS)?;
        self.clear(CookieKind::TypescriptTokens(provider), 0)?;
        self.clear(CookieKind::FirstReleaseTokens(provider), 0)
    }

    /// Whether a cookie of this kind is set or cleared.
    pub(crate) fn has(&self, kind: CookieKind<'_>) -> bool {
        let name = self.policy.name(kind, self.secure);
        self.lines.iter().any(|line| line.name.strip_prefix(&*name).is_some_and(is_part))
    }

    /// Whether a cookie of this name that browsers send to pages is set or cleared.
    pub(super) fn is_changed(&self, name: &str) -> bool {
        self.lines.iter().any(|line| line.name == name && !line.is_for_providers)
    }

    /// Returns the names and values of the cookies that are set, not cleared, and that browsers send to pages.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.lines.iter().filter(|line| !line.is_for_providers).filter_map(|Line { name, value, .. }| {
            let value = value.to_str().ok()?.split(';').next()?.strip_prefix(name.as_str())?.strip_prefix('=')?;
            (!value.is_empty()).then_some((name.as_str(), value))
        })
    }

    /// Like [`pairs`](Self::pairs), but only the cookies of one kind, with all parts.
    pub(super) fn pairs_of(&self, kind: CookieKind<'_>) -> impl Iterator<Item = (&str, &str)> {
        let name = self.policy.name(kind, self.secure).into_owned();
        self.pairs().filter(move |(found, _)| found.strip_prefix(&*name).is_some_and(is_part))
    }

    /// Whether a cookie of this name holds a provider's tokens. Browsers don't send such a cookie to pages.
    pub(super) fn is_of_provider_tokens(&self, name: &str) -> bool {
        name.starts_with(&*self.policy.name(CookieKind::ProviderTokens(""), self.secure))
    }

    /// Adds the cookies of `other`. They replace cookies with the same name and path.
    pub(crate) fn extend(&mut self, other: Self) {
        for line in other.lines {
            self.put(line);
        }
    }

    /// Adds the `Set-Cookie` headers to `headers`.
    pub(crate) fn write_to(self, headers: &mut HeaderMap) {
        for line in self.lines {
            headers.append(SET_COOKIE, line.value);
        }
    }

    /// Moves all cookies out of `self`.
    pub(crate) fn take(&mut self) -> Self {
        let lines = std::mem::take(&mut self.lines);
        Self { policy: Arc::clone(&self.policy), secure: self.secure, lines }
    }

    fn clear_named(&mut self, kind: CookieKind<'_>, name: String) -> Result<(), CookieError> {
        let value = self.policy.cleared_line(kind, &name, self.secure)?;
        self.put(Line { name, is_for_providers: kind.is_for_providers(), value });
        Ok(())
    }

    fn put(&mut self, line: Line) {
        let is_same = |found: &Line| found.name == line.name && found.is_for_providers == line.is_for_providers;
        match self.lines.iter().position(is_same) {
            Some(place) => self.lines[place] = line,
            None => self.lines.push(line),
        }
    }
}

/// Whether `rest`, the text after a cookie's name, is empty or the suffix of a part.
fn is_part(rest: &str) -> bool {
    rest.is_empty() || rest.strip_prefix('.').is_some_and(|part| part.parse::<usize>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::cookies::MAX_SESSION_PARTS;
    use crate::server::cookies::policy::MAX_COOKIE_BYTES;

    fn cookies(secure: bool) -> SetCookies {
        SetCookies::new(&Arc::new(CookiePolicy::new("aura-auth", "/auth")), secure)
    }

    fn written(cookies: SetCookies) -> HeaderMap {
        let mut headers = HeaderMap::new();
        cookies.write_to(&mut headers);
        headers
    }

    /// Returns the `Cookie` header that a browser sends after a response with `headers`.
    fn sent_back(kept: &mut Vec<String>, headers: &HeaderMap) -> Vec<HeaderValue> {
        for line in headers.get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            assert!(line.len() <= MAX_COOKIE_BYTES, "{} bytes", line.len());
            let pair = line.split(';').next().unwrap();
            let name = pair.split('=').next().unwrap();
            kept.retain(|old| old.split('=').next() != Some(name));
            if !line.contains("Max-Age=0") {
                kept.push(pair.to_owned());
            }
        }
        vec![kept.join("; ").parse().unwrap()]
    }

    /// Standards: RFC 6265bis 6.1; ASVS 3.3.5
    #[test]
    fn a_value_of_any_size_is_restored_and_stale_parts_are_cleared() {
        let policy = CookiePolicy::new("aura-auth", "/auth");
        let (mut kept, mut parts) = (Vec::new(), 0);
        for length in [10, 3_990, 4_000, 4_096, 9_300, 31_000, 9_300, 10] {
            let mut set = cookies(true);
            parts = set.set(CookieKind::Session, &"x".repeat(length), 60, parts).unwrap();
            let jar = policy.of_request(sent_back(&mut kept, &written(set)));
            assert_eq!(jar.get("__Secure-aura-auth.session_token").unwrap().len(), length);
            assert_eq!(jar.parts("__Secure-aura-auth.session_token"), parts);
            assert_eq!(jar.starting_with("").count(), parts.max(1));
        }
        let mut set = cookies(true);
        set.clear(CookieKind::Session, MAX_SESSION_PARTS).unwrap();
        assert_eq!(policy.of_request(sent_back(&mut kept, &written(set))).starting_with("").count(), 0);
    }

    #[test]
    fn more_than_eight_parts_are_rejected_and_a_flow_cookie_is_never_split() {
        let mut set = cookies(true);
        assert_eq!(set.set(CookieKind::Session, &"x".repeat(40_000), 60, 0), Err(CookieError::TooLarge));
        assert_eq!(set.set(CookieKind::Flow("f"), &"x".repeat(4_100), 60, 0), Err(CookieError::TooLarge));
        assert!(written(set).is_empty(), "no part of the cookies is set");
    }

    #[test]
    fn a_cookie_that_is_set_twice_is_sent_once_with_the_last_value() {
        let mut first = cookies(false);
        first.set(CookieKind::Session, "one", 60, 0).unwrap();
        first.set(CookieKind::Csrf, "token", 60, 0).unwrap();
        assert!(first.has(CookieKind::Session) && !first.has(CookieKind::SessionPin));
        let mut second = cookies(false);
        second.clear(CookieKind::Session, 1).unwrap();
        first.extend(second);
        let lines: Vec<_> = written(first).into_iter().map(|(_, line)| line.to_str().unwrap().to_owned()).collect();
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines[0].starts_with("aura-auth.session_token=;"), "{lines:?}");
    }
}
