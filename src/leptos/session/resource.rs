use std::future::IntoFuture;
use std::ops::Deref;
use std::time::Duration;

use leptos::prelude::*;
use leptos::reactive::computed::AsyncDerivedFuture;
use time::OffsetDateTime;

use crate::leptos::page_settings::PageSettings;
use crate::leptos::server_functions::get_session;
use crate::leptos::sync::PageSync;
use crate::{Session, SessionStatus, User};

/// The session that [`use_session`](crate::leptos::use_session) returns: a resource, and memos of the values that are
/// read most.
///
/// It derefs to the `AsyncDerived` of a Leptos `Resource`. Its value is the session, or `None`. `get()`, `with()`,
/// `read()`, `track()`, `await`, `Suspend`, `Suspense` and `Transition` work as with any resource. The value is
/// available when the first component runs, on the server and in the browser, so the resource needs no `Suspense`.
#[derive(Clone, Copy)]
pub struct SessionResource {
    resource: Resource<Option<Session>>,
    user: Memo<Option<User>>,
    expires: Memo<Option<OffsetDateTime>>,
    is_authenticated: Memo<bool>,
    status: Memo<SessionStatus>,
    settings: StoredValue<PageSettings>,
    page: PageState,
    sync: PageSync,
}

/// The state of a page in addition to the session. Each field is its own signal, so an effect re-runs only for the
/// fields that it reads.
#[derive(Clone, Copy)]
pub(in crate::leptos) struct PageState {
    /// Whether the server has said who is signed in.
    pub(in crate::leptos) known: RwSignal<bool>,
    /// Whether the last request for the session failed.
    pub(in crate::leptos) stale: RwSignal<bool>,
    /// Whether a request for the session is pending.
    pub(in crate::leptos) pending: RwSignal<bool>,
    /// Whether the newest update ended the session: there was a session before it, and there is none after it.
    #[cfg(not(feature = "ssr"))]
    pub(in crate::leptos) ended: RwSignal<bool>,
    /// The server's time, in seconds since 1970.
    pub(in crate::leptos) now: RwSignal<i64>,
    /// How often the browser has restored this page from the bfcache.
    pub(in crate::leptos) restored: RwSignal<u32>,
    /// The ids of the providers whose tokens the session has.
    pub(in crate::leptos) connected: RwSignal<Vec<String>>,
    /// Counts how often this page has ended sessions of the person.
    pub(in crate::leptos) revocations: RwSignal<u32>,
}

impl PageState {
    fn new(settings: &PageSettings) -> Self {
        Self {
            known: RwSignal::new(settings.known),
            stale: RwSignal::new(false),
            pending: RwSignal::new(false),
            #[cfg(not(feature = "ssr"))]
            ended: RwSignal::new(false),
            now: RwSignal::new(settings.now),
            restored: RwSignal::new(0),
            connected: RwSignal::new(settings.connected.clone()),
            revocations: RwSignal::new(0),
        }
    }
}

impl SessionResource {
    pub(super) fn new(settings: PageSettings) -> Self {
        let page = PageState::new(&settings);
        let sync = PageSync::new(page, &settings);
        let resource = Resource::new_blocking(|| (), move |()| sync.fetch(get_session()));
        let user = Memo::new(move |_| (*resource).with(|session| session.as_ref()?.as_ref().map(|s| s.user.clone())));
        let expires = Memo::new(move |_| (*resource).with(|session| session.as_ref()?.as_ref().map(|s| s.expires)));
        let is_authenticated = Memo::new(move |_| user.with(Option::is_some));
        let status = Memo::new(move |_| match (page.known.get(), page.stale.get(), is_authenticated.get()) {
            (false, ..) => SessionStatus::Pending,
            (true, true, _) => SessionStatus::Stale,
            (true, false, true) => SessionStatus::Authenticated,
            (true, false, false) => SessionStatus::Unauthenticated,
        });
        sync.start(resource, &settings);
        Self { resource, user, expires, is_authenticated, status, settings: StoredValue::new(settings), page, sync }
    }

    /// Returns the user, if somebody is signed in.
    #[must_use]
    pub fn user(&self) -> Option<User> {
        self.user.get()
    }

    /// Returns whether somebody is signed in, according to the newest information.
    #[must_use]
    pub fn is_authenticated(&self) -> bool {
        self.is_authenticated.get()
    }

    /// Returns whether somebody is signed in, or that this is unknown or possibly out of date.
    #[must_use]
    pub fn status(&self) -> SessionStatus {
        self.status.get()
    }

    /// Returns when the session ends, if somebody is signed in.
    #[must_use]
    pub fn expires(&self) -> Option<OffsetDateTime> {
        self.expires.get()
    }

    /// Returns how long the session lasts, measured by the server's clock. While the page is visible, the value changes
    /// every minute, and in the last two minutes of the session every second.
    #[must_use]
    pub fn expires_in(&self) -> Option<Duration> {
        let seconds = self.expires()?.unix_timestamp() - self.page.now.get();
        Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
    }

    /// Returns whether a request for the session is pending. Meanwhile the session stays as it was.
    #[must_use]
    pub fn pending(&self) -> bool {
        self.page.pending.get()
    }

    /// Fetches the session from the server again. Until the response arrives, the session stays as it was. If the
    /// server can't be reached, the session also stays, and [`status`](Self::status) is `Stale`.
    pub fn refetch(&self) {
        self.resource.refetch();
    }

    /// Reads the settings that the server wrote into the page.
    pub(in crate::leptos) fn settings<T>(&self, read: impl FnOnce(&PageSettings) -> T) -> T {
        self.settings.with_value(read)
    }

    /// Returns the state of the page in addition to the session.
    pub(in crate::leptos) fn page(&self) -> PageState {
        self.page
    }

    /// Returns the synchronization of the session in the browser.
    pub(in crate::leptos) fn sync(&self) -> PageSync {
        self.sync
    }

    /// Returns the user's identifier, which changes when another person signs in.
    pub(in crate::leptos) fn subject(&self) -> Option<String> {
        self.user.with(|user| user.as_ref().map(|user| user.sub.clone()))
    }

    /// Records whether the session has the tokens of a provider.
    pub(in crate::leptos) fn set_connected(&self, provider: &str, connected: bool) {
        let mut ids = self.page.connected.get_untracked();
        if connected == ids.iter().any(|id| id == provider) {
            return;
        }
        if connected {
            ids.push(provider.to_owned());
        } else {
            ids.retain(|id| id != provider);
        }
        self.page.connected.set(ids);
    }
}

impl Deref for SessionResource {
    type Target = AsyncDerived<Option<Session>>;

    fn deref(&self) -> &Self::Target {
        &self.resource
    }
}

/// `session.await` returns the session, or `None`.
impl IntoFuture for SessionResource {
    type Output = Option<Session>;
    type IntoFuture = AsyncDerivedFuture<Option<Session>>;

    fn into_future(self) -> Self::IntoFuture {
        (*self).into_future()
    }
}

impl std::fmt::Debug for SessionResource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionResource")
    }
}
