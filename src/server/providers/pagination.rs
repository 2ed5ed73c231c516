use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::TokenSet;
use crate::server::providers::provider_client::ProviderClient;
use crate::server::providers::provider_error::{Document, ProviderError};

/// A paginated list of a provider.
pub(super) struct Pages<'a> {
    name: &'static str,
    /// The URL of the list. No page is requested from any other origin or path.
    list: Url,
    next: Option<String>,
    pages_left: usize,
    tokens: &'a TokenSet,
    http: &'a ProviderClient,
}

/// Bitbucket sends a page as an object, GitHub as a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Page {
    Object { values: Vec<Value>, next: Option<String> },
    List(Vec<Value>),
}

impl<'a> Pages<'a> {
    /// A list whose first page is at this URL. Errors name the list `name`.
    pub(super) fn new(
        name: &'static str,
        first: Url,
        max_pages: usize,
        tokens: &'a TokenSet,
        http: &'a ProviderClient,
    ) -> Self {
        Self { name, next: Some(first.as_str().to_owned()), list: first, pages_left: max_pages, tokens, http }
    }

    /// Returns the entries of the next page, or `None` after the last page.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Value>>, ProviderError> {
        let Some(next) = self.next.take() else { return Ok(None) };
        if self.pages_left == 0 {
            tracing::warn!(
                provider = self.http.provider().id,
                "{} has more pages than the library requests",
                self.name
            );
            return Ok(None);
        }
        self.pages_left -= 1;
        match self.http.get_json(self.name, &self.page(&next)?, self.tokens).await? {
            Page::Object { values, next } => {
                self.next = next;
                Ok(Some(values))
            }
            Page::List(values) => Ok(Some(values)),
        }
    }

    /// Checks the URL of a page. It must belong to the same list, because the request contains the access token.
    fn page(&self, url: &str) -> Result<Url, ProviderError> {
        let is_same_list = |url: &Url| url.origin() == self.list.origin() && url.path() == self.list.path();
        Url::parse(url).ok().filter(is_same_list).ok_or_else(|| ProviderError::Unusable {
            of: Document::new(self.name, &self.list),
            why: "names a next page with another origin or path",
        })
    }
}
