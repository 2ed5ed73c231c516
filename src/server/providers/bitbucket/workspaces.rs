use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::TokenSet;
use crate::server::providers::error::{Document, ProviderError};
use crate::server::providers::pages::Pages;
use crate::server::providers::provider::Provider;
use crate::server::providers::provider_client::ProviderClient;

/// The most pages of workspaces that are asked for; each has a hundred.
const MOST_PAGES: usize = 20;
/// The list, in errors.
const OF: &str = "the list of workspaces";

/// What a person may do in a Bitbucket workspace, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum WorkspaceRole {
    /// Belongs to it.
    Member,
    /// May create repositories in it.
    Collaborator,
    /// Administers it.
    Owner,
}

/// Whom a provider lets in.
#[derive(Clone, Debug)]
pub(super) struct Workspace {
    pub(super) name: String,
    pub(super) least: WorkspaceRole,
}

#[derive(Deserialize)]
struct Permission {
    permission: WorkspaceRole,
}

impl Workspace {
    /// What a person is told who is not let in.
    pub(super) fn denial(&self) -> String {
        let role = match self.least {
            WorkspaceRole::Member => "members",
            WorkspaceRole::Collaborator => "collaborators and owners",
            WorkspaceRole::Owner => "owners",
        };
        format!("This app is for {role} of the Bitbucket workspace {}.", self.name)
    }

    /// Whether the person has the role. Only the provider's word that they are no member is a no; whatever
    /// else is not a clear yes is an error.
    ///
    /// <https://developer.atlassian.com/cloud/bitbucket/rest/api-group-workspaces/>
    pub(super) async fn admits(&self, tokens: &TokenSet, http: &ProviderClient) -> Result<bool, ProviderError> {
        let url = workspaces_url(http.provider(), &[&self.name, "permission"])?;
        match http.get_json::<Permission>("the workspace's permission", &url, tokens).await {
            Ok(Permission { permission }) => Ok(permission >= self.least),
            Err(ProviderError::Refused { status: StatusCode::FORBIDDEN | StatusCode::NOT_FOUND, .. }) => Ok(false),
            // An answer that can't be read says nothing about the person: it neither admits nor refuses.
            Err(error) => Err(error),
        }
    }
}

/// All workspaces of the person, page after page.
pub(super) async fn workspaces(tokens: &TokenSet, http: &ProviderClient) -> Result<Vec<Value>, ProviderError> {
    let mut first = workspaces_url(http.provider(), &[])?;
    first.query_pairs_mut().append_pair("pagelen", "100");
    let mut pages = Pages::new(OF, first, MOST_PAGES, tokens, http);
    let mut all = Vec::new();
    while let Some(values) = pages.next().await? {
        all.extend(values);
    }
    Ok(all)
}

/// `/2.0/user/workspaces` and what is below it.
fn workspaces_url(provider: &Provider, rest: &[&str]) -> Result<Url, ProviderError> {
    let mut url = provider.user_info_url.clone();
    let no_path = |()| ProviderError::Unusable {
        of: Document::new(OF, &provider.user_info_url),
        why: "has an address without a path",
    };
    url.path_segments_mut().map_err(no_path)?.pop_if_empty().push("workspaces").extend(rest);
    Ok(url)
}
