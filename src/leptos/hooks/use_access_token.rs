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
/// token can't be refreshed. The token is fetched again if another person signs in, if the server is reachable again,
/// and by `refetch()`. While the server is unreachable, the page keeps the token.
///
/// **On the server**, call [`access_token`](fn@crate::leptos::access_token) in a server function. The token then never
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

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use leptos_axum::generate_route_list;
    use time::OffsetDateTime;

    use super::*;
    use crate::leptos::provide_session;
    use crate::{Session, User};

    /// `LocalResource` fetches the token again whenever `use_who` notifies.
    #[tokio::test]
    async fn a_token_is_kept_while_the_server_is_unreachable_and_fetched_again_afterwards() {
        // This also initializes the executor, which resources need.
        let _ = generate_route_list(|| ());
        let owner = Owner::new();
        owner.set();
        let session = provide_session();
        session.await;
        let sign_in = |sub: &str| session.set(Some(Some(Session::new(User::new(sub), OffsetDateTime::UNIX_EPOCH))));
        session.page().known.set(true);
        sign_in("{ada}");
        let who = use_who();
        let fetches = Memo::new(move |fetches: Option<&u32>| {
            let _ = who.get();
            fetches.map_or(1, |fetches| fetches + 1)
        });
        let is_reachable = |is_reachable: bool| session.page().stale.set(!is_reachable);
        assert_eq!(fetches.get_untracked(), 1);
        for (change, expected) in [
            (&(|| is_reachable(false)) as &dyn Fn(), 1),
            (&|| sign_in("{ada}"), 1),
            (&|| is_reachable(true), 2),
            (&|| sign_in("{ada}"), 2),
            (&|| sign_in("{grace}"), 3),
            (&|| is_reachable(false), 3),
            (&|| sign_in("{ada}"), 4),
            (&|| session.set(Some(None)), 5),
        ] {
            change();
            assert_eq!(fetches.get_untracked(), expected);
        }
    }
}
