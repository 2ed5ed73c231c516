use std::convert::Infallible;

use axum::extract::{FromRequestParts, OriginalUri};
use http::header::HOST;
use http::request::Parts;
use url::form_urlencoded;

/// The requested page of a list, from the query parameter `page`.
pub(in crate::testing) struct Page {
    /// The first page is 1.
    pub(in crate::testing) number: usize,
    list: String,
}

impl Page {
    /// Returns the entries of this page.
    pub(in crate::testing) fn entries<'a, T>(&self, list: &'a [T], length: usize) -> &'a [T] {
        list.chunks(length).nth(self.number - 1).unwrap_or_default()
    }

    /// Returns the URL of the next page, or `None` after the last page.
    pub(in crate::testing) fn next<T>(&self, list: &[T], length: usize) -> Option<String> {
        let goes_on = list.len() > self.number.saturating_mul(length);
        goes_on.then(|| format!("{}?page={}", self.list, self.number + 1))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Page {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let number = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
            .find_map(|(name, value)| if name == "page" { value.parse().ok() } else { None });
        let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        // The router may be nested, so the URL is built from the original path.
        let uri = parts.extensions.get().map_or(&parts.uri, |OriginalUri(uri)| uri);
        let list = format!("http://{host}{}", uri.path());
        Ok(Self { number: number.unwrap_or(1).max(1), list })
    }
}
