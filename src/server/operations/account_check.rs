use http::header::HeaderMap;

use crate::server::hooks::{PendingSignIn, SignInDecision, SignInKind};
use crate::server::operations::Api;
use crate::server::providers::{Provider, ProviderClient, user_info};
use crate::server::session::{StoredSession, is_email};
use crate::{AuthError, Identity, TokenSet, User};

/// What came of an account's check. A provider that gives no answer is an error, and neither.
pub(super) enum Admission {
    /// The person is this user, with this account.
    Allowed(User, Identity),
    /// The present session goes on, if there is one; else the person is this user.
    Linked(User, Identity),
    /// The workspace or the app refused, with words for the person.
    Denied(Option<String>),
}

impl Api {
    /// Asks the provider who the person is, and then whether they may sign in: first the workspace,
    /// then the app's `on_sign_in`. A sign-in and a refresh of the profile are checked alike, but a refresh
    /// is of the session's account alone.
    pub(super) async fn check_account(
        &self,
        kind: SignInKind,
        http: &ProviderClient<'_>,
        provider: &Provider,
        tokens: &TokenSet,
        session: Option<&StoredSession>,
        headers: &HeaderMap,
    ) -> Result<Admission, AuthError> {
        let auth = &self.0;
        let described = user_info(http, provider, &tokens.access_token).await?;
        let identity = Identity::new(&provider.id, &described.user.sub);
        let refreshed = session.filter(|stored| kind == SignInKind::Refresh && stored.session.identity.is_some());
        if refreshed.is_some_and(|stored| stored.session.identity.as_ref() != Some(&identity)) {
            return Err(AuthError::AccountMismatch);
        }
        // The account is the same, so it is the same person, whatever the app calls them.
        let sub = refreshed.map_or(&described.user.sub, |stored| &stored.session.user.sub);
        let allowed = User { sub: sub.clone(), ..described.user.clone() };
        if let Some(workspace) = &provider.workspace
            && !workspace.admits(http, provider, &tokens.access_token).await?
        {
            return Ok(Admission::Denied(Some(workspace.refusal())));
        }
        let Some(on_sign_in) = &auth.hooks.on_sign_in else {
            return Ok(Admission::Allowed(allowed, identity));
        };
        let pending = PendingSignIn {
            kind,
            provider: provider.id.clone(),
            identity: identity.clone(),
            profile: described.profile,
            tokens: tokens.clone(),
            user: described.user,
            session: session.map(|stored| stored.session.clone()),
            headers: headers.clone(),
        };
        Ok(match on_sign_in(pending).await {
            SignInDecision::Allow => Admission::Allowed(allowed, identity),
            SignInDecision::AllowAs(user) => Admission::Allowed(checked(user)?, identity),
            SignInDecision::Link => Admission::Linked(allowed, identity),
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
    // The TypeScript release refuses a session whose address it can't read.
    let email = user.email.filter(|email| is_email(email));
    Ok(User { email, ..user })
}
