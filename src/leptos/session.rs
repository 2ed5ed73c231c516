use std::future::IntoFuture;

use leptos::prelude::*;
use leptos::reactive::computed::AsyncDerivedFuture;
use serde::{Deserialize, Serialize};

use super::actions::{csrf_token, get_session};
use crate::{Session, SessionStatus, User};

/// The session as a reactive resource.
///
/// **What.** It works in `Suspense`, `Transition` and with `.await` like any Leptos resource, but
/// its first value is there without them: the server knew it before it rendered.
///
/// **On the server** it is the request's session, read once. **In the browser** it begins as what
/// the server rendered, without a request, and changes with [`refetch`](Self::refetch).
/// **Without scripts** the page is what the server rendered.
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
#[derive(Clone, Copy, Debug)]
pub struct SessionResource {
    value: AsyncDerived<Option<Session>>,
    csrf_token: RwSignal<String>,
    pending: RwSignal<bool>,
    refetches: RwSignal<u32>,
}

/// What the server tells the browser in the page.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Seed {
    session: Option<Session>,
    csrf_token: String,
}

/// Makes the session known to everything below; call it once, in the root component.
pub fn provide_session() -> SessionResource {
    let Seed { session, csrf_token } = SharedValue::new(seed).into_inner();
    let resource = SessionResource::new(session, csrf_token);
    #[cfg(feature = "hydrate")]
    browser::keep_fresh(resource);
    provide_context(resource);
    resource
}

/// The session that [`provide_session`] made known.
///
/// # Panics
///
/// When no component above has called [`provide_session`].
#[must_use]
pub fn use_session() -> SessionResource {
    match use_context() {
        Some(resource) => resource,
        None => panic!("use_session() found no session: call provide_session() in the root component"),
    }
}

impl SessionResource {
    fn new(first: Option<Session>, first_csrf_token: String) -> Self {
        let known = StoredValue::new(first);
        let csrf_token = RwSignal::new(first_csrf_token);
        let pending = RwSignal::new(false);
        let refetches = RwSignal::new(0);
        // The first run is ready at once, so the value is there before anything reads it.
        let value = AsyncDerived::new(move || {
            let first = refetches.get() == 0;
            async move {
                if !first {
                    fetch(known, csrf_token, pending).await;
                }
                known.get_value()
            }
        });
        Self { value, csrf_token, pending, refetches }
    }

    /// The session, if somebody is signed in.
    #[must_use]
    pub fn session(&self) -> Option<Session> {
        self.value.try_get().flatten().flatten()
    }

    /// The person, if somebody is signed in.
    #[must_use]
    pub fn user(&self) -> Option<User> {
        self.session().map(|session| session.user)
    }

    /// Whether somebody is signed in, or that this is being asked.
    #[must_use]
    pub fn status(&self) -> SessionStatus {
        if self.pending.get() {
            SessionStatus::Pending
        } else if self.is_authenticated() {
            SessionStatus::Authenticated
        } else {
            SessionStatus::Unauthenticated
        }
    }

    /// Whether somebody is signed in, as far as is known.
    #[must_use]
    pub fn is_authenticated(&self) -> bool {
        self.value.try_with(|session| matches!(session, Some(Some(_)))).unwrap_or(false)
    }

    /// Asks the server again. What was known stays until the answer is there, and stays if the
    /// server can't be reached.
    pub fn refetch(&self) {
        self.refetches.update(|count| *count += 1);
    }

    pub(super) fn csrf_token(&self) -> String {
        self.csrf_token.get()
    }
}

impl IntoFuture for SessionResource {
    type Output = Option<Session>;
    type IntoFuture = AsyncDerivedFuture<Option<Session>>;

    fn into_future(self) -> Self::IntoFuture {
        self.value.into_future()
    }
}

/// Asks the server; where it does not say, what is known stays.
async fn fetch(known: StoredValue<Option<Session>>, token: RwSignal<String>, pending: RwSignal<bool>) {
    pending.set(true);
    if let Ok(session) = get_session().await {
        // A form's token is one of its session.
        if session.is_some()
            && let Ok(new) = csrf_token().await
        {
            token.set(new);
        }
        known.set_value(session);
    }
    pending.set(false);
}

#[cfg(feature = "ssr")]
fn seed() -> Seed {
    let Some(request) = super::context::Request::find() else { return Seed::default() };
    let Some(session) = request.session() else { return Seed::default() };
    let csrf_token = request.auth.api().form_csrf_token(&request.parts).unwrap_or_default();
    Seed { session: Some(session), csrf_token }
}

#[cfg(not(feature = "ssr"))]
fn seed() -> Seed {
    Seed::default()
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::ev::pageshow;
    use leptos::prelude::{on_cleanup, window_event_listener};

    use super::SessionResource;

    /// A page that Back brings out of the browser's memory may show a session that has ended.
    pub(super) fn keep_fresh(resource: SessionResource) {
        let listener = window_event_listener(pageshow, move |event| {
            if event.persisted() {
                resource.refetch();
            }
        });
        on_cleanup(move || listener.remove());
    }
}
