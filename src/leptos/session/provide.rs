use leptos::prelude::*;
use serde::de::DeserializeOwned;

use super::{Seed, SessionHandle};

/// Makes the session known to everything below; call it once, in the root component.
///
/// **What.** It takes the session that the server put into the page, and from then on keeps it true:
/// it is asked for again when the page comes back into view or the network returns (at most once in
/// 30 seconds, and never while the page is hidden), when it ends, and when a server function has
/// answered 401. Tabs tell each other of changes through the `BroadcastChannel` `aura-auth`.
///
/// **On the server** the session is the request's, and there without waiting.
/// **In a static page** ([`SsrMode::Static`](leptos_router::SsrMode::Static)), which is rendered for
/// nobody, the browser asks for the session once.
///
/// **With islands** contexts go from an island to those that are in it, and not from the server's components:
/// call it in an island that has `children: Children` and answers with them, and put that around the others.
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
pub fn provide_session() -> SessionHandle {
    let session = SessionHandle::new(Seed::shared());
    session.keep_true();
    provide_context(session);
    session
}

/// The session that [`provide_session`] made known.
///
/// **What.** A handle that can be copied, whose methods read what they name and nothing else: a
/// component that shows the name does not run again when the session is prolonged. It can be awaited
/// like a resource, in a `Suspend` too, and is there at once.
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
/// nobody is signed in then, and the log or the console says why.
#[must_use]
pub fn use_session() -> SessionHandle {
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
fn missing() -> SessionHandle {
    panic!("{MISSING}")
}

#[cfg(not(debug_assertions))]
fn missing() -> SessionHandle {
    leptos::logging::error!("{MISSING}");
    SessionHandle::new(Seed { known: true, ..Seed::default() })
}
