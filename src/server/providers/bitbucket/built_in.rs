use std::sync::Arc;

use crate::server::providers::bitbucket::profile::BitbucketProfile;
use crate::server::providers::bitbucket::workspaces::{Workspace, WorkspaceRole};
use crate::server::providers::builder::ProviderBuilder;
use crate::server::providers::description::Description;
use crate::server::providers::refusal::Refusal;

/// Bitbucket Cloud.
///
/// It requests the scopes `account` and `email`, and authenticates by HTTP Basic. The user's `sub` is `uuid`, including
/// the braces that Bitbucket sends. The name is `display_name`, the image is the avatar, and the e-mail address is the
/// primary one, if it is confirmed. Without the scope `email` the user has no e-mail address. `AURA_AUTH_BITBUCKET_URL`
/// and `AURA_AUTH_BITBUCKET_API_URL` replace the hosts of the endpoints. If only the first one is set, it is also
/// the API's.
///
/// <https://developer.atlassian.com/cloud/bitbucket/oauth-2/>
///
/// ```
/// use aura_auth::Auth;
/// use aura_auth::oauth::bitbucket;
///
/// let auth = Auth::builder().oauth([bitbucket().scope("account")]);
/// ```
pub fn bitbucket() -> ProviderBuilder<Bitbucket> {
    let description = Description {
        name: "Bitbucket".to_owned(),
        hosts: vec![("BITBUCKET_URL", "https://bitbucket.org"), ("BITBUCKET_API_URL", "https://api.bitbucket.org")],
        scope: "account email".to_owned(),
        // `GET /2.0/user` has no e-mail address.
        emails_url: Some("https://api.bitbucket.org/2.0/user/emails".to_owned()),
        refusal,
        ..Description::new(
            "bitbucket",
            "https://bitbucket.org/site/oauth2/authorize",
            "https://bitbucket.org/site/oauth2/access_token",
            "https://api.bitbucket.org/2.0/user",
            BitbucketProfile::into_user,
        )
    };
    ProviderBuilder { description, own: Bitbucket::default() }
}

/// The settings that only [`bitbucket()`] has: the user's workspaces.
#[derive(Clone, Debug, Default)]
pub struct Bitbucket {
    /// Who may sign in. If this is `None`, everybody may.
    pub(super) workspace: Option<Workspace>,
    /// Whether the user's workspaces are added to the user info.
    pub(super) with_workspaces: bool,
}

impl ProviderBuilder<Bitbucket> {
    /// Only members of this workspace may sign in. Others see an error that names the workspace. The workspace is given
    /// by its slug or by its UUID in braces. This needs the scope `account`.
    ///
    /// Other providers have no workspaces, so they don't have this method:
    ///
    /// ```compile_fail,E0599
    /// use aura_auth::User;
    /// use aura_auth::oauth::ProviderBuilder;
    ///
    /// let url = "https://id.example.com";
    /// ProviderBuilder::new("own", url, url, url, |user: User| user).require_workspace("acme");
    /// ```
    pub fn require_workspace(self, workspace: &str) -> Self {
        self.require_workspace_role(workspace, WorkspaceRole::Member)
    }

    /// Like [`require_workspace`](Self::require_workspace), but the member must have at least this role.
    pub fn require_workspace_role(mut self, workspace: &str, least: WorkspaceRole) -> Self {
        self.own.workspace = Some(Workspace { name: workspace.to_owned(), least });
        self
    }

    /// Adds the user's workspaces to the user info as `workspaces`, for the `profile` mapping and the sign-in hook. It
    /// is a list in the format of `GET /2.0/user/workspaces`, with the entries of all pages. This needs the scope
    /// `account`.
    pub fn with_workspaces(mut self) -> Self {
        self.own.with_workspaces = true;
        self
    }
}

/// Allows Bitbucket in one list with other providers.
impl From<ProviderBuilder<Bitbucket>> for ProviderBuilder {
    fn from(bitbucket: ProviderBuilder<Bitbucket>) -> Self {
        let ProviderBuilder { description, own } = bitbucket;
        Self { description: Description { identify: Arc::new(own), ..description }, own: () }
    }
}

/// For an invalid refresh token, Bitbucket responds with the error `invalid_request` and the description "Invalid
/// refresh_token".
fn refusal(error: &str, description: &str) -> Refusal {
    match error {
        "invalid_request" if description.to_ascii_lowercase().contains("invalid refresh_token") => Refusal::Grant,
        _ => Refusal::standard(error, description),
    }
}
