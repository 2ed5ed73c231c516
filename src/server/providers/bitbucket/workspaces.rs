use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::TokenSet;
use crate::server::providers::pagination::Pages;
use crate::server::providers::provider::Provider;
use crate::server::providers::provider_client::ProviderClient;
use crate::server::providers::provider_error::{Document, ProviderError};

/// The largest number of pages of workspaces that are requested. Each page has up to 100 entries.
const MAX_PAGES: usize = 20;
/// The name of the list in errors.
const OF: &str = "the list of workspaces";

/// A user's role in a Bitbucket workspace. The order is from the lowest role to the highest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum WorkspaceRole {
    /// Is a member of the workspace.
    Member,
    /// May create repositories in the workspace.
    Collaborator,
    /// Administers the workspace.
    Owner,
}

/// The workspace that a user must belong to, and the lowest role that is allowed.
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
    /// The message for a user who may not sign in.
    pub(super) fn denial(&self) -> String {
        let role = match self.least {
            WorkspaceRole::Member => "members",
            WorkspaceRole::Collaborator => "collaborators and owners",
            WorkspaceRole::Owner => "owners",
        };
        format!("This app is for {role} of the Bitbucket workspace {}.", self.name)
    }

    /// Whether the user has the role. The result is `false` only if Bitbucket says so. Any other response that does not
    /// clearly confirm the role is an error.
    ///
    /// <https://developer.atlassian.com/cloud/bitbucket/rest/api-group-workspaces/>
    pub(super) async fn admits(&self, tokens: &TokenSet, http: &ProviderClient) -> Result<bool, ProviderError> {
        let url = workspaces_url(http.provider(), &[&self.name, "permission"])?;
        match http.get_json::<Permission>("the workspace's permission", &url, tokens).await {
            Ok(Permission { permission }) => Ok(permission >= self.least),
            Err(ProviderError::Refused { status: StatusCode::FORBIDDEN | StatusCode::NOT_FOUND, .. }) => Ok(false),
            // A response that can't be read says nothing about the user, so it must neither allow nor deny the sign-in.
            Err(error) => Err(error),
        }
    }
}

/// Returns all workspaces of the user, from all pages.
pub(super) async fn workspaces(tokens: &TokenSet, http: &ProviderClient) -> Result<Vec<Value>, ProviderError> {
    let mut first = workspaces_url(http.provider(), &[])?;
    first.query_pairs_mut().append_pair("pagelen", "100");
    let mut pages = Pages::new(OF, first, MAX_PAGES, tokens, http);
    let mut all = Vec::new();
    while let Some(values) = pages.next().await? {
        all.extend(values);
    }
    Ok(all)
}

/// Returns the URL of `/2.0/user/workspaces`, extended by `rest`.
fn workspaces_url(provider: &Provider, rest: &[&str]) -> Result<Url, ProviderError> {
    let mut url = provider.user_info_url.clone();
    let no_path = |()| ProviderError::Unusable {
        of: Document::new(OF, &provider.user_info_url),
        why: "has a URL without a path",
    };
    url.path_segments_mut().map_err(no_path)?.pop_if_empty().push("workspaces").extend(rest);
    Ok(url)
}
