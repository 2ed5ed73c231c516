use http::header::HeaderMap;

use crate::server::hooks::{PendingSignIn, SignInDecision, SignInKind};
use crate::server::operations::Api;
use crate::server::operations::failure::Failure;
use crate::server::providers::{ProviderClient, ProviderError};
use crate::server::sanitize_for_log::sanitize_for_log;
use crate::server::session::{SessionRecord, cleaned, is_reserved};
use crate::{AuthError, Identity, Session, TokenSet, User};

/// The result of an account check. If the provider does not answer, the check returns an error instead.
pub(super) enum Admission {
    /// The person may sign in as this user, with this account.
    Allowed(User, Identity),
    /// The provider's rules or the app denied the account, perhaps with a reason for the person.
    Denied(Option<String>),
}

impl Api {
    /// Asks the provider who the person is, and then checks whether they may sign in: first by the provider's own
    /// rules, then by the app's `on_sign_in`. A sign-in, a link and a refresh of the profile pass the same checks. In a
    /// link, the user stays the session's, unless the app decides otherwise.
    pub(super) async fn check_account(
        &self,
        kind: SignInKind,
        http: &ProviderClient,
        tokens: &TokenSet,
        session: Option<&SessionRecord>,
        headers: &HeaderMap,
    ) -> Result<Admission, Failure> {
        let auth = &self.0;
        let provider = http.provider();
        let failed = |error: ProviderError| Failure::of(&provider.id, error);
        let mut described = provider.identify.identify(tokens, http).await.map_err(failed)?;
        described.user = cleaned(described.user, &provider.id);
        check_claims(&described.user)?;
        let identity = Identity::new(&provider.id, &described.user.sub);
        let known = session.and_then(|record| record.session.identity.as_ref());
        // A session has the tokens of one account of each provider. For the provider of the sign-in, it is the account
        // of the sign-in.
        let is_second_account = |known: &Identity| known.provider == provider.id && *known != identity;
        if kind != SignInKind::SignIn && known.is_some_and(is_second_account) {
            return Err(AuthError::AccountMismatch.into());
        }
        let allowed = match (kind, session) {
            (SignInKind::Link, Some(record)) => record.session.user.clone(),
            // The account is the same, so the person is the same. The app may have chosen another `sub` for them, so
            // `sub` stays.
            (SignInKind::Refresh, Some(record)) if known.is_some() => {
                User { sub: record.session.user.sub.clone(), ..described.user.clone() }
            }
            _ => described.user.clone(),
        };
        if let Some(words) = provider.identify.denial(tokens, http).await.map_err(failed)? {
            return Ok(Admission::Denied(Some(words)));
        }
        let Some(on_sign_in) = &auth.hooks.on_sign_in else {
            return Ok(Admission::Allowed(allowed, identity));
        };
        let pending = PendingSignIn {
            kind,
            provider: provider.id.clone(),
            identity: identity.clone(),
            profile: described.json,
            tokens: tokens.clone(),
            user: described.user,
            session: session.map(|record| record.session.clone()),
            headers: headers.clone(),
        };
        Ok(match on_sign_in(pending).await {
            SignInDecision::Allow => Admission::Allowed(allowed, identity),
            // An app that only adds claims to the user from the profile does not mean another person.
            SignInDecision::AllowAs(user)
                if kind == SignInKind::Link && user.sub == identity.subject && user.sub != allowed.sub =>
            {
                Admission::Allowed(allowed, identity)
            }
            SignInDecision::AllowAs(user) => Admission::Allowed(cleaned(checked(user)?, &identity.provider), identity),
            SignInDecision::Link if kind == SignInKind::SignIn && is_another_account(session, &identity) => {
                tracing::error!(
                    provider = provider.id,
                    "`on_sign_in` returned `Link` in a sign-in, so the account was not linked: only a flow that `link_account` started can link an account"
                );
                return Err(AuthError::AccountMismatch.into());
            }
            SignInDecision::Link => Admission::Allowed(allowed, identity),
            SignInDecision::Deny(reason) => Admission::Denied(Some(reason).filter(|reason| !reason.is_empty())),
        })
    }
}

/// Checks whether the person is signed in with another account. If the session does not name its account, `sub`
/// decides.
fn is_another_account(session: Option<&SessionRecord>, identity: &Identity) -> bool {
    session.is_some_and(|record| {
        let Session { user, identity: known, .. } = &record.session;
        known.as_ref().map_or(user.sub != identity.subject, |known| known != identity)
    })
}

/// Checks that a session can hold the user that the app has made.
fn checked(user: User) -> Result<User, AuthError> {
    if user.sub.is_empty() {
        tracing::error!("`on_sign_in` returned a user without `sub`");
        return Err(AuthError::ServerError);
    }
    check_claims(&user)?;
    Ok(user)
}

/// Checks that the app has set no claim that the session itself uses: it would be lost.
fn check_claims(user: &User) -> Result<(), AuthError> {
    match user.claims.as_map().keys().find(|name| is_reserved(name)) {
        None => Ok(()),
        Some(claim) => {
            let claim = sanitize_for_log(claim);
            tracing::error!(claim, "the app set a claim that the session itself uses: give the claim another name");
            Err(AuthError::ReservedClaim)
        }
    }
}
