//! The browser's side of the synchronization: translates the browser's events into events of the state machine, and
//! executes its effects.

mod channel;
mod forms;
mod listeners;
mod mutation_queue;
mod navigation;

use std::cell::{Cell, OnceCell, RefCell};
use std::future::Future;

use leptos::prelude::*;

use self::channel::Channel;
use self::mutation_queue::{MutationPermit, MutationQueue};
use crate::leptos::page_settings::PageSettings;
use crate::leptos::session::PageState;
use crate::leptos::sync::state::{Effect as SyncEffect, Event, SyncState};
use crate::{AuthError, Session};

/// Keeps the session of one page up to date.
#[derive(Clone, Copy)]
pub(in crate::leptos) struct PageSync(StoredValue<Adapter, LocalStorage>);

struct Adapter {
    state: RefCell<SyncState>,
    page: PageState,
    resource: OnceCell<Resource<Option<Session>>>,
    channel: RefCell<Option<Channel>>,
    timer: Cell<Option<TimeoutHandle>>,
    mutations: MutationQueue,
}

impl PageSync {
    pub(in crate::leptos) fn new(page: PageState, settings: &PageSettings) -> Self {
        // This comes before hydration, since hydration may crash.
        listeners::reload_after_crash();
        Self(StoredValue::new_local(Adapter {
            state: RefCell::new(SyncState::new(navigation::opening(settings))),
            page,
            resource: OnceCell::new(),
            channel: RefCell::default(),
            timer: Cell::default(),
            mutations: MutationQueue::default(),
        }))
    }

    /// Starts to follow the session when the page is hydrated.
    pub(in crate::leptos) fn start(self, resource: Resource<Option<Session>>, settings: &PageSettings) {
        let base_path = settings.base_path.clone();
        self.0.with_value(|adapter| adapter.resource.set(resource).ok());
        Effect::new(move |started: Option<()>| {
            if started.is_none() {
                listeners::listen(self, &base_path);
                forms::guard(&base_path);
                self.dispatch(Event::Opened(untrack(|| (*resource).get().flatten())));
            }
        });
    }

    /// Runs the resource's fetch. The response counts only if no newer information is known when it arrives. So the
    /// resource's new value is the newest known session, not always the response.
    pub(in crate::leptos) async fn fetch(
        self,
        answer: impl Future<Output = Result<Option<Session>, AuthError>>,
    ) -> Option<Session> {
        self.dispatch(Event::FetchStarted);
        let answer = answer.await;
        self.dispatch(Event::FetchEnded(answer.ok()));
        self.0.try_with_value(|adapter| adapter.state.borrow().session().cloned()).flatten()
    }

    /// Handles the response to a request that changed the session.
    pub(in crate::leptos) fn session_changed(self, session: Session) {
        self.dispatch(Event::Changed(session));
    }

    /// Handles the response to a sign-out.
    pub(in crate::leptos) fn signed_out(self) {
        self.dispatch(Event::SignedOut);
    }

    /// Handles a request that the server rejected because of the session.
    pub(in crate::leptos) fn refused(self) {
        self.dispatch(Event::Refused);
    }

    /// Waits until no other request that changes the session is pending.
    pub(in crate::leptos) async fn mutation_permit(self) -> Option<MutationPermit> {
        let permit = self.0.try_with_value(|adapter| adapter.mutations.enter())?;
        Some(permit.await)
    }

    fn dispatch(self, event: Event) {
        let now = js_sys::Date::now();
        let effects = self.0.try_with_value(|adapter| {
            let effects = adapter.state.borrow_mut().handle(event, now);
            adapter.show_state(now);
            effects
        });
        for effect in effects.into_iter().flatten() {
            self.carry_out(effect);
        }
    }

    fn carry_out(self, effect: SyncEffect) {
        self.0.try_with_value(|adapter| match effect {
            SyncEffect::Fetch => {
                if let Some(resource) = adapter.resource.get() {
                    resource.refetch();
                }
            }
            SyncEffect::Show(session) => {
                if let Some(resource) = adapter.resource.get() {
                    resource.set(Some(session));
                }
            }
            SyncEffect::Broadcast(message) => {
                if let Some(channel) = &*adapter.channel.borrow() {
                    channel.post(&message);
                }
            }
            SyncEffect::OpenChannel => {
                *adapter.channel.borrow_mut() = Channel::open(move |message| self.dispatch(Event::Message(message)));
            }
            SyncEffect::CloseChannel => drop(adapter.channel.borrow_mut().take()),
            SyncEffect::SetTimer(wait) => {
                let timer = set_timeout_with_handle(move || self.dispatch(Event::Timer), wait).ok();
                adapter.replace_timer(timer);
            }
            SyncEffect::ClearTimer => adapter.replace_timer(None),
        });
    }
}

impl Adapter {
    /// Copies the state that components read into signals. Only changed values notify their readers.
    fn show_state(&self, now: f64) {
        let state = self.state.borrow().clone();
        set_if_changed(self.page.known, state.is_known());
        set_if_changed(self.page.stale, state.is_stale());
        set_if_changed(self.page.pending, state.is_pending());
        set_if_changed(self.page.ended, state.has_ended());
        set_if_changed(self.page.now, state.server_seconds(now));
        set_if_changed(self.page.restored, state.restored());
    }

    fn replace_timer(&self, timer: Option<TimeoutHandle>) {
        if let Some(earlier) = self.timer.replace(timer) {
            earlier.clear();
        }
    }
}

fn set_if_changed<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|current| *current != value) {
        signal.set(value);
    }
}

/// Whether the page is in the background.
fn is_hidden() -> bool {
    document().visibility_state() != web_sys::VisibilityState::Visible
}
