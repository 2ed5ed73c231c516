use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::TokenSet;
use crate::server::providers::error::{Document, ProviderError};
use crate::server::providers::provider_client::ProviderClient;

/// A list of a provider, page after page.
pub(super) struct Pages<'a> {
    name: &'static str,
    /// Where the list is: no page is asked for elsewhere.
    list: Url,
    next: Option<String>,
    pages_left: usize,
    tokens: &'a TokenSet,
    http: &'a ProviderClient,
}

/// In an object, as Bitbucket's, or by itself, as GitHub's.
#[derive(Deserialize)]
#[serde(untagged)]
enum Page {
    Object { values: Vec<Value>, next: Option<String> },
    List(Vec<Value>),
}

impl<'a> Pages<'a> {
    /// A list that begins at this address. `name` names it in errors.
    pub(super) fn new(
        name: &'static str,
        first: Url,
        max_pages: usize,
        tokens: &'a TokenSet,
        http: &'a ProviderClient,
    ) -> Self {
        Self { name, next: Some(first.as_str().to_owned()), list: first, pages_left: max_pages, tokens, http }
    }

    /// The entries of the next page; `None` after the last one.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Value>>, ProviderError> {
        let Some(next) = self.next.take() else { return Ok(None) };
        if self.pages_left == 0 {
            tracing::warn!(provider = self.http.provider().id, "{} has more pages than are asked for", self.name);
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

    /// The address of a page. The access token goes with the request, so it must lead to the same list.
    fn page(&self, url: &str) -> Result<Url, ProviderError> {
        let is_same_list = |url: &Url| url.origin() == self.list.origin() && url.path() == self.list.path();
        Url::parse(url).ok().filter(is_same_list).ok_or_else(|| ProviderError::Unusable {
            of: Document::new(self.name, &self.list),
            why: "names a next page that is elsewhere",
        })
    }
}
