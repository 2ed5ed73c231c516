use leptos::prelude::*;

use crate::leptos::server_functions::get_sessions;
use crate::leptos::{SessionResource, use_session};
use crate::{ActiveSession, AuthError};

/// Returns where the person is signed in: the sessions that have not ended, the newest first.
///
/// **What.** A resource whose fetcher is the server function
/// [`get_sessions`](crate::leptos::server_functions::get_sessions). Reading the list takes a query, so read the
/// resource under a `Suspense`, or under a `Transition`, which shows the old list until the new one is there. The list
/// is fetched again after [`use_revoke_session`](crate::leptos::use_revoke_session) and
/// [`use_revoke_other_sessions`](crate::leptos::use_revoke_other_sessions), if another person signs in, if the browser
/// restores the page from the bfcache, and by `refetch()`. It fails with
/// [`SessionNotFound`](AuthError::SessionNotFound) if nobody is signed in, and with
/// [`SessionsNotStored`](AuthError::SessionsNotStored) if the app's sessions are in cookies.
///
/// **On the server**, the page contains the list, so hydration sends no request. **Without scripts**, a browser shows
/// only what is sent in order: choose `SsrMode::Async` or `SsrMode::InOrder` for the page's route.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::use_sessions;
///
/// #[component]
/// fn Devices() -> impl IntoView {
///     let sessions = use_sessions();
///     let entries = move || {
///         let sessions = sessions.get()?.unwrap_or_default().into_iter();
///         let entry = |session: aura_auth::ActiveSession| {
///             let device = session.device.unwrap_or_else(|| "Unknown browser".to_owned());
///             view! { <li>{device} {session.current.then_some(" (this browser)")}</li> }
///         };
///         Some(sessions.map(entry).collect_view())
///     };
///     view! { <Transition fallback=|| "…"><ul>{entries}</ul></Transition> }
/// }
/// ```
#[doc(alias = "useSessions")]
#[must_use]
pub fn use_sessions() -> Resource<Result<Vec<ActiveSession>, AuthError>> {
    let session = use_session();
    let (revocations, restored) = (session.page().revocations, session.page().restored);
    let source = move || (session.subject(), revocations.get(), restored.get());
    Resource::new(source, async |(subject, ..): (Option<String>, u32, u32)| {
        // A page that is not rendered for a request has no session, so no list is written into it.
        if subject.is_some() { get_sessions().await } else { Err(AuthError::SessionNotFound) }
    })
}

/// Makes the page fetch the list again.
pub(super) fn sessions_changed(session: SessionResource) {
    session.page().revocations.update(|count| *count += 1);
}
