use leptos::prelude::*;

use crate::AuthError;
use crate::leptos::{SessionResource, use_session};

/// Returns whether the session has tokens of a provider.
///
/// **What.** A resource. The server knows the value when it renders the page, so it is available at once. It changes
/// after [`use_disconnect_provider`](crate::leptos::use_disconnect_provider) and after sign-ins in other tabs.
/// `refetch()` asks the server whether the tokens' cookies really exist.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::use_is_provider_connected;
///
/// #[component]
/// fn Connection() -> impl IntoView {
///     let connected = use_is_provider_connected("bitbucket");
///     // What a resource derefs to is read without a `Suspense`; its own `get` warns of that.
///     let text = move || match (*connected).get() {
///         Some(Ok(true)) => "Connected",
///         _ => "Not connected",
///     };
///     view! { <p>{text}</p> }
/// }
/// ```
#[doc(alias = "useIsProviderConnected")]
#[must_use]
pub fn use_is_provider_connected(provider: &str) -> Resource<Result<bool, AuthError>> {
    let session = use_session();
    let id = provider.to_owned();
    let connected = Resource::new(|| (), {
        let id = id.clone();
        move |()| ask(session, id.clone())
    });
    Effect::new(move |was: Option<bool>| {
        let is = is_listed(session, &id);
        if was.is_some_and(|was| was != is) {
            connected.set(Some(Ok(is)));
        }
        is
    });
    // Another person has signed in, or the page learns for the first time who is signed in.
    Effect::new(move |was: Option<Option<String>>| {
        let subject = session.subject();
        if was.is_some_and(|was| was != subject) {
            connected.refetch();
        }
        subject
    });
    connected
}

/// Checks whether the page lists the provider as connected.
fn is_listed(session: SessionResource, id: &str) -> bool {
    session.page().connected.with(|ids| ids.iter().any(|listed| listed == id))
}

/// The page's own request does not carry the tokens' cookies, but the session has the list of providers.
#[cfg(feature = "ssr")]
async fn ask(session: SessionResource, id: String) -> Result<bool, AuthError> {
    Ok(untrack(|| is_listed(session, &id)))
}

#[cfg(not(feature = "ssr"))]
async fn ask(session: SessionResource, id: String) -> Result<bool, AuthError> {
    use crate::leptos::server_functions::is_provider_connected;

    if !untrack(|| session.is_authenticated()) {
        return Ok(false);
    }
    let answer = is_provider_connected(id.clone()).await;
    if let Ok(connected) = answer {
        session.set_connected(&id, connected);
    }
    answer
}
