use leptos::prelude::*;

use crate::leptos::server_functions::access_token;
use crate::leptos::use_session;
use crate::{AuthError, Secret, SessionStatus};

/// Returns a provider's access token, for page code that calls the provider itself. A token that is about to expire is
/// refreshed first. Do not show, store or log the token.
///
/// **What.** A resource that loads in the browser. The page's own request does not carry the tokens' cookies, so the
/// server renders the fallback. It fails with [`SessionNotFound`](AuthError::SessionNotFound) if nobody is signed in,
/// with [`ProviderNotConnected`](AuthError::ProviderNotConnected) if there is no token, and with
/// [`RefreshTokenDead`](AuthError::RefreshTokenDead) or [`AccessTokenExpired`](AuthError::AccessTokenExpired) if the
/// token can't be refreshed. The token is fetched again if another person signs in, if the server becomes unreachable
/// or reachable again, and by `refetch()`.
///
/// **On the server**, call [`access_token`](fn@super::super::access_token) in a server function. The token then never
/// reaches the page.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::use_access_token;
///
/// #[component]
/// fn Token() -> impl IntoView {
///     let token = use_access_token("bitbucket");
///     let length = move || token.get().map(|token| token.map(|token| token.expose().len()).unwrap_or_default());
///     view! { <Suspense fallback=|| "…"><p>{length} " characters"</p></Suspense> }
/// }
/// ```
#[doc(alias = "useAccessToken")]
#[must_use]
pub fn use_access_token(provider: &str) -> LocalResource<Result<Secret, AuthError>> {
    let who = use_who();
    let provider = provider.to_owned();
    LocalResource::new(move || {
        let (is_signed_in, provider) = (who.get().is_some(), provider.clone());
        async move { if is_signed_in { access_token(provider).await } else { Err(AuthError::SessionNotFound) } }
    })
}

/// Returns who is signed in, if anybody. The value also notifies when the server is reachable again, but not when it
/// becomes unreachable: a new request would then replace a good answer with an error.
pub(super) fn use_who() -> Memo<Option<(String, bool)>> {
    let session = use_session();
    let who =
        move |_: Option<&Option<(String, bool)>>| Some((session.subject()?, session.status() == SessionStatus::Stale));
    Memo::new_with_compare(who, |before, now| match (before, now) {
        (Some(Some((before, was_stale))), Some(Some((now, is_stale)))) => before != now || (*was_stale && !is_stale),
        _ => before != now,
    })
}
