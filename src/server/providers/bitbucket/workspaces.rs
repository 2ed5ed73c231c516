use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::AuthError;
use crate::server::providers::provider::Provider;
use crate::server::providers::provider_client::ProviderClient;

/// The most pages of workspaces that are asked for; each has a hundred.
const MOST_PAGES: usize = 20;

/// What a person may do in a Bitbucket workspace, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
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
pub(crate) struct Workspace {
    pub(crate) name: String,
    pub(crate) least: WorkspaceRole,
}

#[derive(Deserialize)]
struct Permission {
    permission: WorkspaceRole,
}

#[derive(Deserialize)]
struct Page {
    values: Vec<Value>,
    next: Option<String>,
}

impl Workspace {
    /// What a person is told who is not let in.
    pub(crate) fn refusal(&self) -> String {
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
    pub(crate) async fn admits(&self, client: &ProviderClient, access_token: &str) -> Result<bool, AuthError> {
        let provider = client.provider();
        let url = workspaces_url(provider, &[&self.name, "permission"])?;
        let answer = client.get(&url, access_token).await.map_err(|error| {
            tracing::warn!(provider = provider.id, cause = ?error, "the workspace's permission could not be fetched");
            error.public()
        })?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => return Ok(false),
            status => {
                tracing::warn!(provider = provider.id, %status, "the workspace's permission was refused");
                return Err(AuthError::UserInfoRefused);
            }
        }
        // An answer that can't be read says nothing about the person: it neither admits nor refuses.
        let Permission { permission } = serde_json::from_slice(answer.body()).map_err(|_| {
            tracing::warn!(provider = provider.id, "the workspace's permission can't be read");
            AuthError::UserInfoMalformed
        })?;
        Ok(permission >= self.least)
    }
}

/// All workspaces of the person, page after page.
pub(crate) async fn workspaces(client: &ProviderClient, access_token: &str) -> Result<Vec<Value>, AuthError> {
    let provider = client.provider();
    let first = workspaces_url(provider, &[])?;
    let mut url = first.clone();
    url.query_pairs_mut().append_pair("pagelen", "100");
    let mut all = Vec::new();
    for _ in 0..MOST_PAGES {
        let answer = client.get(&url, access_token).await.map_err(|error| {
            tracing::warn!(provider = provider.id, cause = ?error, "the workspaces could not be fetched");
            error.public()
        })?;
        if !answer.status().is_success() {
            tracing::warn!(provider = provider.id, status = %answer.status(), "the workspaces were refused");
            return Err(AuthError::UserInfoRefused);
        }
        let page: Page = serde_json::from_slice(answer.body()).map_err(|_| AuthError::UserInfoMalformed)?;
        all.extend(page.values);
        let Some(next) = page.next else { return Ok(all) };
        // The token goes with it, so it must lead to the same list.
        url = Url::parse(&next)
            .ok()
            .filter(|next| next.origin() == first.origin() && next.path() == first.path())
            .ok_or(AuthError::UserInfoMalformed)?;
    }
    tracing::warn!(provider = provider.id, "a person is in more workspaces than are asked for");
    Ok(all)
}

/// `/2.0/user/workspaces` and what is below it.
fn workspaces_url(provider: &Provider, rest: &[&str]) -> Result<Url, AuthError> {
    let mut url = provider.user_info_url.clone();
    url.path_segments_mut().map_err(|()| AuthError::ServerError)?.pop_if_empty().push("workspaces").extend(rest);
    Ok(url)
}
