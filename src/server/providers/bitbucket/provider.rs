use std::sync::Arc;

use crate::server::providers::bitbucket::profile::BitbucketProfile;
use crate::server::providers::bitbucket::workspaces::{Workspace, WorkspaceRole};
use crate::server::providers::builder::ProviderBuilder;
use crate::server::providers::description::Description;
use crate::server::providers::refusal::Refusal;

/// Bitbucket Cloud.
///
/// It asks for the scopes `account` and `email`, and proves who it is by HTTP Basic. The person is
/// `uuid` (braces included, as Bitbucket sends it), `display_name`, the avatar, and the primary
/// address if it is confirmed; an app without the scope `email` gets no address.
/// `AURA_AUTH_BITBUCKET_URL` and `AURA_AUTH_BITBUCKET_API_URL` move its endpoints.
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
        // `GET /2.0/user` has no address (it never calls this the person's "email").
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

/// What only [`bitbucket()`] can be told: the person's workspaces.
#[derive(Clone, Debug, Default)]
pub struct Bitbucket {
    /// Whom it lets in; everybody without it.
    pub(super) workspace: Option<Workspace>,
    /// Whether the profile gets the person's workspaces.
    pub(super) with_workspaces: bool,
}

impl ProviderBuilder<Bitbucket> {
    /// Admits only members of this Bitbucket workspace, named by its slug or UUID (in braces); who
    /// is none is told which workspace it takes. It needs the scope `account`.
    ///
    /// Other providers have no workspaces, and no such method:
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

    /// As [`require_workspace`](Self::require_workspace), with at least this role.
    pub fn require_workspace_role(mut self, workspace: &str, least: WorkspaceRole) -> Self {
        self.own.workspace = Some(Workspace { name: workspace.to_owned(), least });
        self
    }

    /// Puts the person's Bitbucket workspaces into the profile as `workspaces`, a list in the shape
    /// of `GET /2.0/user/workspaces`, all pages of it, for the `profile` mapping and the sign-in
    /// hook. It needs the scope `account`.
    pub fn with_workspaces(mut self) -> Self {
        self.own.with_workspaces = true;
        self
    }
}

/// So that Bitbucket stands in one list with other providers.
impl From<ProviderBuilder<Bitbucket>> for ProviderBuilder {
    fn from(bitbucket: ProviderBuilder<Bitbucket>) -> Self {
        let ProviderBuilder { description, own } = bitbucket;
        Self { description: Description { identify: Arc::new(own), ..description }, own: () }
    }
}

/// Bitbucket calls a dead refresh token an `invalid_request`, with "Invalid refresh_token" behind it.
fn refusal(error: &str, description: &str) -> Refusal {
    match error {
        "invalid_request" if description.to_ascii_lowercase().contains("invalid refresh_token") => Refusal::Grant,
        _ => Refusal::standard(error, description),
    }
}
