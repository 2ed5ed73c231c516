use leptos::prelude::*;

use super::actions::{SignIn, SignOut};

/// The action that signs in, and goes where its answer says.
///
/// **On the server** it does nothing. **Without scripts** an
/// [`ActionForm`](leptos::form::ActionForm) of it works all the same.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::{SignIn, use_sign_in};
///
/// #[component]
/// fn Login() -> impl IntoView {
///     let sign_in = use_sign_in();
///     let start = move |_| {
///         sign_in.dispatch(SignIn {
///             provider: "bitbucket".to_owned(),
///             redirect_to: Some("/dashboard".to_owned()),
///         });
///     };
///     view! { <button on:click=start>"Continue with Bitbucket"</button> }
/// }
/// ```
#[must_use]
pub fn use_sign_in() -> ServerAction<SignIn> {
    let action = ServerAction::<SignIn>::new();
    Effect::new(move || {
        if let Some(Ok(started)) = action.value().get() {
            leave(&started.sign_in_url);
        }
    });
    action
}

/// The action that signs out, and then loads the page that its answer names, so that nothing of
/// the session stays in memory.
#[must_use]
pub fn use_sign_out() -> ServerAction<SignOut> {
    let action = ServerAction::<SignOut>::new();
    Effect::new(move || {
        if let Some(Ok(signed_out)) = action.value().get() {
            leave(signed_out.redirect_url.as_deref().unwrap_or("/"));
        }
    });
    action
}

/// The provider's access token, **inside a server function**, refreshed if it was about to end; the
/// cookies that go with it are in the response then. See
/// [`Api::access_token`](crate::Api::access_token), also for what fails.
///
/// The token's cookie is sent to the base path's `/providers` and nowhere else, so the server
/// function must be there:
///
/// ```
/// # use leptos::prelude::*;
/// # use leptos::server_fn::codec::Json;
/// use aura_auth::AuthError;
///
/// #[server(prefix = "/auth/providers/bitbucket", endpoint = "repositories")]
/// pub async fn repositories() -> Result<Vec<String>, AuthError> {
///     let token = aura_auth::leptos::use_access_token("bitbucket").await?;
///     let url = "https://api.bitbucket.org/2.0/repositories?role=member";
///     let answer = reqwest::Client::new().get(url).bearer_auth(token.secret()).send().await;
///     let answer = answer.map_err(|_| AuthError::ProviderUnreachable)?;
///     let text = answer.text().await.map_err(|_| AuthError::ProviderUnreachable)?;
///     let page: serde_json::Value =
///         serde_json::from_str(&text).map_err(|_| AuthError::ProviderContentType)?;
///     let values = page["values"].as_array().into_iter().flatten();
///     Ok(values.filter_map(|value| value["full_name"].as_str().map(str::to_owned)).collect())
/// }
/// ```
///
/// # Errors
///
/// Those of [`Api::access_token`](crate::Api::access_token).
#[cfg(feature = "ssr")]
pub async fn use_access_token(provider: &str) -> Result<crate::AccessToken, crate::AuthError> {
    use super::context::{Request, respond};

    let request = Request::current()?;
    let reply = request.auth.api().access_token(&request.parts, provider).await;
    respond(&request, reply)
}

/// Loads another page, by the browser and not by the router: it may be another site's.
fn leave(url: &str) {
    if window().location().assign(url).is_err() {
        leptos::logging::error!("the browser refused to go to the next page");
    }
}
