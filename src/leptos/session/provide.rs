use leptos::prelude::*;
use serde::de::DeserializeOwned;

use crate::leptos::page_settings::PageSettings;
use crate::leptos::session::SessionResource;

/// Provides the session to all components below. Call it once, in the root component.
///
/// **What.** Creates a resource whose fetcher is the server function
/// [`get_session`](crate::leptos::server_functions::get_session), and keeps it up to date in the browser. The page
/// fetches the session again when it becomes visible or focused or the network returns (at most once in 30 seconds, and
/// never while the page is hidden), when the session ends, and when a request of the page is answered with 401. Tabs
/// notify each other of changes through the `BroadcastChannel` `aura-auth`.
///
/// **On the server**, the session is the request's session, and is available without waiting. The page contains it, so
/// hydration sends no request.
///
/// **In a static page** ([`SsrMode::Static`](leptos_router::SsrMode::Static)), which is not rendered for a request, the
/// browser fetches the session once.
///
/// **With islands**, an island passes its contexts to the islands inside it, but the server's components do not. So
/// call this in an island that takes `children: Children` and returns them, and put this island around the others.
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

/// Returns the session that [`provide_session`] provides.
///
/// **What.** A resource that is `Copy`. Each of its methods tracks only the value that it returns: a component that
/// shows the name does not run again when the session is extended. It can be read and awaited like any resource, and
/// its value is available at once.
///
/// **On the server**, it is the request's session. **Without scripts**, the page stays as the server rendered it.
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
/// In a debug build, if no component above has called [`provide_session`]. In a release build, nobody is signed in
/// then, and the log or the browser's console has the reason.
#[doc(alias = "useSession")]
#[must_use]
pub fn use_session() -> SessionResource {
    use_context().unwrap_or_else(missing)
}

/// Returns the user as a type of the app, which can have the fields `sub`, `name`, `image` and `email` and the app's
/// claims. Returns `None` if nobody is signed in, or if a claim that the type needs is missing (a debug build logs
/// which one).
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
                    leptos::logging::warn!("the user can't be converted to {}: {error}", std::any::type_name::<T>());
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
