use http::header::HeaderMap;

use crate::server::hooks::{PendingSignIn, SignInDecision, SignInKind};
use crate::server::operations::Api;
use crate::server::operations::failure::failed;
use crate::server::providers::{ProviderClient, ProviderError};
use crate::server::session::{StoredSession, is_email};
use crate::{AuthError, TokenSet, User};

/// What came of an account's check. A provider that gives no answer is an error, and neither.
pub(super) enum Admission {
    /// The person is this user.
    Allowed(User),
    /// The present session goes on, if there is one; else the person is this user.
    Linked(User),
    /// The provider's rules or the app refused, with words for the person.
    Denied(Option<String>),
}

impl Api {
    /// Asks the provider who the person is, and then whether they may sign in: first by the provider's own rules,
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
        let failed = |error: ProviderError| failed(&provider.id, &error);
        let mut profile = provider.identify.identify(tokens, http).await.map_err(failed)?;
        profile.user.email = readable(profile.user.email);
        if let Some(words) = provider.identify.denial(tokens, http).await.map_err(failed)? {
            return Ok(Admission::Denied(Some(words)));
        }
        let Some(on_sign_in) = &auth.hooks.on_sign_in else { return Ok(Admission::Allowed(profile.user)) };
        let pending = PendingSignIn {
            kind,
            provider: provider.id.clone(),
            profile: profile.json,
            tokens: tokens.clone(),
            user: profile.user.clone(),
            session: session.map(|stored| stored.session.clone()),
            headers: headers.clone(),
        };
        Ok(match on_sign_in(pending).await {
            SignInDecision::Allow => Admission::Allowed(profile.user),
            SignInDecision::AllowAs(user) => Admission::Allowed(checked(user)?),
            SignInDecision::Link => Admission::Linked(profile.user),
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
