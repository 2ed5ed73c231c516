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
    let lists_sessions = session.settings(|settings| settings.lists_sessions);
    Resource::new(list_source(session), move |(subject, ..): ListSource| async move {
        match subject {
            Some(_) if lists_sessions => get_sessions().await,
            // The page knows that the server has no list, so it sends no request.
            Some(_) => Err(AuthError::SessionsNotStored),
            // A page that is not rendered for a request has no session, so no list is written into it.
            None => Err(AuthError::SessionNotFound),
        }
    })
}

/// Who is signed in, how often this page has ended sessions, and how often the browser has restored it.
type ListSource = (Option<String>, u32, u32);

/// Returns what the list depends on. If it changes, the list is fetched again.
fn list_source(session: SessionResource) -> impl Fn() -> ListSource + Copy + Send + Sync + 'static {
    let (revocations, restored) = (session.page().revocations, session.page().restored);
    move || (session.subject(), revocations.get(), restored.get())
}

/// Makes the page fetch the list again.
pub(super) fn sessions_changed(session: SessionResource) {
    session.page().revocations.update(|count| *count += 1);
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use leptos_axum::generate_route_list;
    use time::OffsetDateTime;

    use super::*;
    use crate::leptos::provide_session;
    use crate::{Session, User};

    #[tokio::test]
    async fn the_list_is_fetched_again_if_the_person_or_the_sessions_may_have_changed() {
        // This also initializes the executor, which resources need.
        let _ = generate_route_list(|| ());
        let owner = Owner::new();
        owner.set();
        let session = provide_session();
        session.await;
        let sign_in = |sub: &str| session.set(Some(Some(Session::new(User::new(sub), OffsetDateTime::UNIX_EPOCH))));
        sign_in("{ada}");
        let source = list_source(session);
        let before = StoredValue::new(source());
        for (change, is_fetched) in [
            (&(|| sign_in("{ada}")) as &dyn Fn(), false),
            (&|| session.page().stale.set(true), false),
            (&|| sessions_changed(session), true),
            (&|| session.page().restored.set(1), true),
            (&|| sign_in("{grace}"), true),
            (&|| session.set(Some(None)), true),
        ] {
            change();
            assert_eq!(before.get_value() != source(), is_fetched);
            before.set_value(source());
        }
    }
}
