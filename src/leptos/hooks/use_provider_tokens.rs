use leptos::prelude::*;

use crate::leptos::hooks::use_access_token::use_who;
use crate::leptos::server_functions::provider_tokens;
use crate::{AuthError, TokenSet};

/// Returns a provider's tokens with their scopes and their times of issue and expiry. Tokens that are about to expire
/// are refreshed first. The refresh token is included only if the app [reveals
/// it](crate::AuthBuilder::reveal_refresh_tokens).
///
/// **What.** A resource that loads in the browser, like [`use_access_token`](crate::leptos::use_access_token). It fails
/// with the same errors.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::use_provider_tokens;
///
/// #[component]
/// fn Scopes() -> impl IntoView {
///     let tokens = use_provider_tokens("bitbucket");
///     let scopes = move || tokens.get().and_then(Result::ok).map(|tokens| tokens.scopes.join(", "));
///     view! { <Suspense fallback=|| "…"><p>{scopes}</p></Suspense> }
/// }
/// ```
#[doc(alias = "useProviderTokens")]
#[must_use]
pub fn use_provider_tokens(provider: &str) -> LocalResource<Result<TokenSet, AuthError>> {
    let who = use_who();
    let provider = provider.to_owned();
    LocalResource::new(move || {
        let (is_signed_in, provider) = (who.get().is_some(), provider.clone());
        async move { if is_signed_in { provider_tokens(provider).await } else { Err(AuthError::SessionNotFound) } }
    })
}
