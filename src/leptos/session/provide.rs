use leptos::prelude::*;
use serde::de::DeserializeOwned;

use super::SessionResource;
use crate::leptos::page_settings::PageSettings;

/// Provides the session to everything below; call it once, in the root component.
///
/// **What.** It makes a resource whose fetcher is the server function
/// [`get_session`](super::super::server_functions::get_session), and keeps it true in the browser: the
/// server is asked again when the page comes back into view or the network returns (at most once in
/// 30 seconds, and never while the page is hidden), when the session ends, and when a server function
/// has answered 401. Tabs tell each other of changes through the `BroadcastChannel` `aura-auth`.
///
/// **On the server** the session is the request's, and there without waiting. The page carries it, so
/// hydration asks for nothing.
///
/// **In a static page** ([`SsrMode::Static`](leptos_router::SsrMode::Static)), which is rendered for
/// nobody, the browser asks for the session once.
///
/// **With islands** contexts go from an island to those inside it, and not from the server's components:
/// call it in an island that takes `children: Children` and returns them, and put that around the others.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::provide_session;
///
/// #[component]
/// fn App() -> impl IntoView {
///     provide_session();
///     view! { <main>"…"</main> }
/// }
/// ```
pub fn provide_session() -> SessionResource {
    let session = SessionResource::new(PageSettings::of_page());
    provide_context(session);
    session
}

/// The session that [`provide_session`] provides.
///
/// **What.** A resource that can be copied. Its own methods read what they name and nothing else: a
/// component that shows the name does not run again when the session is prolonged. It can be read and
/// awaited like any resource, and its value is there at once.
///
/// **On the server** it is the request's session. **Without scripts** the page is what the server
/// rendered.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::use_session;
///
/// #[component]
/// fn Greeting() -> impl IntoView {
///     let session = use_session();
///     view! { <p>"Hello " {move || session.user().and_then(|user| user.name)}</p> }
/// }
/// ```
///
/// # Panics
///
/// In a debug build, when no component above has called [`provide_session`]. In a release build
/// nobody is signed in then, and the log or the browser's console says why.
#[must_use]
pub fn use_session() -> SessionResource {
    use_context().unwrap_or_else(missing)
}

/// The person as a type of the app's own, which takes what it needs of `sub`, `name`, `image`,
/// `email` and the app's claims; none while nobody is signed in, or if a claim that the type needs
/// is missing (a debug build says which).
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::use_session_as;
///
/// #[derive(Clone, serde::Deserialize)]
/// struct Member {
///     role: String,
/// }
///
/// #[component]
/// fn Tools() -> impl IntoView {
///     let member = use_session_as::<Member>();
///     let is_admin = move || member.get().is_some_and(|member: Member| member.role == "admin");
///     view! { <Show when=is_admin><a href="/admin">"Administration"</a></Show> }
/// }
/// ```
#[must_use]
pub fn use_session_as<T: DeserializeOwned + Clone + Send + Sync + 'static>() -> Signal<Option<T>> {
    let session = use_session();
    Signal::derive(move || {
        let user = session.user()?;
        let typed = serde_json::to_value(&user).and_then(serde_json::from_value);
        typed
            .inspect_err(|error| {
                if cfg!(debug_assertions) {
                    leptos::logging::warn!("the user is no {}: {error}", std::any::type_name::<T>());
                }
            })
            .ok()
    })
}

const MISSING: &str = "use_session() found no session: call provide_session() in the root component";

#[cfg(debug_assertions)]
fn missing() -> SessionResource {
    panic!("{MISSING}")
}

#[cfg(not(debug_assertions))]
fn missing() -> SessionResource {
    leptos::logging::error!("{MISSING}");
    SessionResource::new(PageSettings { known: true, ..PageSettings::default() })
}
