use leptos::prelude::*;

use crate::leptos::server_functions::access_token;
use crate::leptos::use_session;
use crate::{AuthError, SessionStatus};

/// A provider's access token, for page code that calls the provider itself: refreshed if it was about
/// to end. Do not show, store or log it.
///
/// **What.** A resource of the browser: the page's own request does not carry the tokens' cookies, so
/// the server renders what stands in its place until then. It fails with
/// [`SessionNotFound`](AuthError::SessionNotFound) while nobody is signed in, with
/// [`ProviderNotConnected`](AuthError::ProviderNotConnected) where there is no token, and with
/// [`RefreshTokenDead`](AuthError::RefreshTokenDead) or
/// [`AccessTokenExpired`](AuthError::AccessTokenExpired) where there is no way to a valid one. It is
/// asked for again when another person signs in, and when a server that could not be reached is there
/// again; `refetch()` does it too.
///
/// **On the server**, in a server function, [`access_token`](fn@super::super::access_token) keeps the token
/// out of the page.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::use_access_token;
///
/// #[component]
/// fn Token() -> impl IntoView {
///     let token = use_access_token("bitbucket");
///     let length = move || token.get().map(|token| token.map(|token| token.len()).unwrap_or_default());
///     view! { <Suspense fallback=|| "…"><p>{length} " characters"</p></Suspense> }
/// }
/// ```
#[must_use]
pub fn use_access_token(provider: &str) -> LocalResource<Result<String, AuthError>> {
    let who = use_who();
    let provider = provider.to_owned();
    LocalResource::new(move || {
        let (is_signed_in, provider) = (who.get().is_some(), provider.clone());
        async move { if is_signed_in { access_token(provider).await } else { Err(AuthError::SessionNotFound) } }
    })
}

/// Who is signed in, if anybody; it changes too when a server that could not be reached is there again.
pub(super) fn use_who() -> Memo<Option<(String, bool)>> {
    let session = use_session();
    Memo::new(move |_| Some((session.subject()?, session.status() == SessionStatus::Stale)))
}
