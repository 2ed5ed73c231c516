use http::header::HeaderMap;

use crate::server::hooks::{PendingSignIn, SignInDecision, SignInKind};
use crate::server::operations::Api;
use crate::server::operations::failure::failed;
use crate::server::providers::{ProviderClient, user_info};
use crate::server::session::{StoredSession, is_email};
use crate::{AuthError, TokenSet, User};

/// What came of an account's check. A provider that gives no answer is an error, and neither.
pub(super) enum Admission {
    /// The person is this user.
    Allowed(User),
    /// The present session goes on, if there is one; else the person is this user.
    Linked(User),
    /// The workspace or the app refused, with words for the person.
    Denied(Option<String>),
}

impl Api {
    /// Asks the provider who the person is, and then whether they may sign in: first the workspace,
    /// then the app's `on_sign_in`. A sign-in and a refresh of the profile are checked alike.
    pub(super) async fn check_account(
        &self,
        kind: SignInKind,
        http: &ProviderClient,
        tokens: &TokenSet,
        session: Option<&StoredSession>,
        headers: &HeaderMap,
    ) -> Result<Admission, AuthError> {
        let auth = &self.0;
        let provider = http.provider();
        let mut described =
            user_info(http, &tokens.access_token).await.map_err(|error| failed(&provider.id, &error))?;
        described.user.email = readable(described.user.email);
        if let Some(workspace) = &provider.workspace
            && !workspace.admits(http, &tokens.access_token).await.map_err(|error| failed(&provider.id, &error))?
        {
            return Ok(Admission::Denied(Some(workspace.refusal())));
        }
        let Some(on_sign_in) = &auth.hooks.on_sign_in else { return Ok(Admission::Allowed(described.user)) };
        let pending = PendingSignIn {
            kind,
            provider: provider.id.clone(),
            profile: described.profile,
            tokens: tokens.clone(),
            user: described.user.clone(),
            session: session.map(|stored| stored.session.clone()),
            headers: headers.clone(),
        };
        Ok(match on_sign_in(pending).await {
            SignInDecision::Allow => Admission::Allowed(described.user),
            SignInDecision::AllowAs(user) => Admission::Allowed(checked(user)?),
            SignInDecision::Link => Admission::Linked(described.user),
            SignInDecision::Deny(reason) => Admission::Denied(Some(reason).filter(|reason| !reason.is_empty())),
        })
    }
}

/// A user of the app's making, if a session can hold it.
fn checked(user: User) -> Result<User, AuthError> {
    if user.sub.is_empty() {
        tracing::error!("`on_sign_in` allowed a user without `sub`");
        return Err(AuthError::ServerError);
    }
    Ok(User { email: readable(user.email), ..user })
}

/// The TypeScript release refuses a session whose address it can't read.
fn readable(email: Option<String>) -> Option<String> {
    email.filter(|email| is_email(email))
}
