use url::{Url, form_urlencoded};

use crate::AuthError;
use crate::server::origin::{Origin, Origins};

/// The longest accepted `redirectTo`, in bytes after percent-encoding.
const MAX_TARGET_BYTES: usize = 2048;

/// A validated redirect target: a path of this app, or an absolute URL of a trusted origin.
///
/// It is deliberately not `Deserialize`. A cookie or `state` carries plain text, which must be [parsed](Self::parse)
/// again before a redirect: the trusted origins may have changed since the text was encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RedirectTo(String);

impl RedirectTo {
    /// The front page, `/`.
    pub(crate) fn home() -> Self {
        Self("/".to_owned())
    }

    /// Parses and checks a requested redirect target. Returns `None` if it is not allowed.
    ///
    /// The target is parsed as a browser parses it. The result is serialized from the parsed URL, so it is exactly what
    /// was checked.
    pub(crate) fn parse(wanted: &str, own: &Origin, origins: &Origins, base_path: &str) -> Option<Self> {
        let url = if wanted.starts_with('/') { own.url().join(wanted) } else { Url::parse(wanted) }.ok()?;
        let origin = Origin::of(url.clone())?;
        if origin == *own {
            return Self::of_path(&url, base_path);
        }
        // If a path resolves to another origin, it is an open redirect attack. It is rejected even if that origin is
        // trusted.
        let trusted =
            !wanted.starts_with('/') && origins.allow_redirects_to(&origin) && url.as_str().len() <= MAX_TARGET_BYTES;
        trusted.then(|| Self(url.into()))
    }

    fn of_path(url: &Url, base_path: &str) -> Option<Self> {
        let path = &url[url::Position::BeforePath..];
        // `/.//evil.example` has the path `//evil.example`. In a `Location` header this would be another host.
        if path.starts_with("//") || path.len() > MAX_TARGET_BYTES {
            return None;
        }
        // The endpoints are not pages. A redirect to one could start a sign-in again and again.
        let endpoint = url.path().strip_prefix(base_path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        (!endpoint).then(|| Self(path.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the target is a path of the app.
    pub(crate) fn is_own(&self) -> bool {
        self.0.starts_with('/')
    }

    /// Removes the error of an earlier form submission from the query.
    pub(crate) fn without_form_error(&self) -> Self {
        Self(self.with_query(&[]))
    }

    /// Returns the page's path and query, with the error of this form added to the query.
    pub(crate) fn with_form_error(&self, error: AuthError, form: &str) -> String {
        self.with_query(&[("error", error.code()), ("form", form)])
    }

    fn with_query(&self, pairs: &[(&str, &str)]) -> String {
        let page = self.0.split('#').next().unwrap_or_default();
        let (path, query) = page.split_once('?').unwrap_or((page, ""));
        // The app's own pairs keep their spelling.
        let mut kept: Vec<String> = Vec::new();
        let was_form = query.split('&').any(|pair| pair.starts_with("form="));
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            if !(was_form && (pair.starts_with("form=") || pair.starts_with("error="))) {
                kept.push(pair.to_owned());
            }
        }
        if !pairs.is_empty() {
            kept.push(form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish());
        }
        if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::origin::OriginPattern;

    fn parse(wanted: &str) -> Option<String> {
        let own = Origin::parse("http://localhost:3000").unwrap();
        let origins = Origins {
            redirect_origins: vec![OriginPattern::parse("https://docs.example.com").unwrap()],
            ..Origins::default()
        };
        RedirectTo::parse(wanted, &own, &origins, "/auth").map(|to| to.0)
    }

    #[test]
    fn deep_links_are_accepted_as_redirect_targets() {
        for (wanted, expected) in [
            ("/", "/"),
            ("/dashboard", "/dashboard"),
            ("/a/b/c.html?x=1&y=2#part", "/a/b/c.html?x=1&y=2#part"),
            ("/repos/~ada/x+y,z;v=1/@me:here/[1]", "/repos/~ada/x+y,z;v=1/@me:here/[1]"),
            ("/search?q=50%25%20off&next=https://evil.example/", "/search?q=50%25%20off&next=https://evil.example/"),
            ("/a%2Fb%5Cc", "/a%2Fb%5Cc"),
            ("/Größe", "/Gr%C3%B6%C3%9Fe"),
            ("/a//b", "/a//b"),
            ("/x/../y", "/y"),
            ("/authors", "/authors"),
            ("http://localhost:3000/dashboard", "/dashboard"),
            ("https://docs.example.com/start?x#y", "https://docs.example.com/start?x#y"),
        ] {
            assert_eq!(parse(wanted).as_deref(), Some(expected), "{wanted}");
        }
        let long = format!("/{}", "a".repeat(MAX_TARGET_BYTES - 1));
        assert_eq!(parse(&long), Some(long));
    }

    #[test]
    fn a_form_error_is_in_the_url_only_once() {
        let page = |text: &str| RedirectTo(text.to_owned());
        let failed = page("/a?x=%2F&y").with_form_error(AuthError::RateLimited, "providers/b/disconnect");
        assert_eq!(failed, "/a?x=%2F&y&error=RATE_LIMIT_EXCEEDED&form=providers%2Fb%2Fdisconnect");
        assert_eq!(
            page(&failed).with_form_error(AuthError::ServerError, "session"),
            "/a?x=%2F&y&error=SERVER_ERROR&form=session"
        );
        assert_eq!(page(&failed).without_form_error().as_str(), "/a?x=%2F&y");
        assert_eq!(
            page("/a#part").with_form_error(AuthError::ServerError, "session"),
            "/a?error=SERVER_ERROR&form=session"
        );
        // This `error` belongs to the app, because there is no `form`.
        assert_eq!(page("/a?error=mine").without_form_error().as_str(), "/a?error=mine");
    }

    #[test]
    fn endpoints_are_rejected_as_redirect_targets() {
        for wanted in [
            "/auth",
            "/auth/signIn/bitbucket",
            "/x/../auth/session",
            "http://localhost:3000/auth/callback/bitbucket?code=x",
        ] {
            assert_eq!(parse(wanted), None, "{wanted}");
        }
    }
}
