use std::any::Any;
use std::marker::PhantomData;
use std::sync::{Arc, PoisonError, RwLock};

use super::SessionHandle;
use crate::json::Json;
use crate::{AuthError, Method};
use leptos::prelude::*;

/// Something that a page can have the server do: [`dispatch`](Self::dispatch) starts it, and the
/// other methods say what became of it, as a Leptos action's do; each is read like a signal.
///
/// It can be copied. What is dispatched is sent one by one, in that order.
///
/// **On the server** it does nothing; **without scripts** an [`AuthForm`](fn@super::AuthForm) of it
/// does the same.
pub struct AuthAction<I: 'static, O: 'static> {
    pub(super) action: ErasedAction,
    call: fn(&str, I) -> Call,
    output: PhantomData<fn() -> O>,
}

/// What an action does.
#[cfg_attr(feature = "ssr", expect(dead_code, reason = "the server does nothing of it"))]
pub(super) enum Call {
    /// Leaves the page for this endpoint.
    Leave(String),
    /// Has the server do something.
    Ask(Ask),
}

/// A request to an endpoint, and what the page makes of the answer.
#[cfg_attr(feature = "ssr", expect(dead_code, reason = "the server sends nothing"))]
pub(super) struct Ask {
    pub(super) method: Method,
    /// Under the base path.
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
    /// JSON.
    pub(super) body: Option<String>,
    pub(super) then: Then,
}

impl Ask {
    pub(super) fn new(method: Method, path: String, then: Then) -> Self {
        Self { method, path, query: Vec::new(), body: None, then }
    }
}

/// What the page makes of the answer: the action's value, or none if it is being left.
pub(super) type Then = fn(SessionHandle, &str, Result<Json, AuthError>) -> Result<Option<Output>, AuthError>;

/// An action's value.
pub(super) type Output = Arc<dyn Any + Send + Sync>;

// The same for all types of input and output: what is generic is compiled, and loaded, for each of
// them.
#[derive(Clone, Copy)]
pub(super) struct ErasedAction(StoredValue<Arc<Inner>>);

struct Inner {
    session: SessionHandle,
    /// What it is done to, for most a provider's id.
    subject: String,
    /// Where a form of it is sent, under the base path.
    path: String,
    /// What the value is while nothing else is known.
    known: Option<fn(SessionHandle, &str) -> Output>,
    progress: RwLock<Progress>,
    // Apart, so that who waits for the outcome does not run when it is started once more.
    started_or_ended: ArcTrigger,
    came_out: ArcTrigger,
}

#[derive(Default)]
struct Progress {
    under_way: u32,
    /// In which life of the page it was started: Back brings back a page whose request is long gone.
    started_in: u32,
    value: Option<Output>,
    error: Option<AuthError>,
}

impl<I: 'static, O: Clone + Send + Sync + 'static> AuthAction<I, O> {
    pub(super) fn new(session: SessionHandle, subject: &str, path: String, call: fn(&str, I) -> Call) -> Self {
        Self { action: ErasedAction::new(session, subject, path, None), call, output: PhantomData }
    }

    /// One whose value the page knows without asking.
    pub(super) fn with_known(
        session: SessionHandle,
        subject: &str,
        path: String,
        call: fn(&str, I) -> Call,
        known: fn(SessionHandle, &str) -> Output,
    ) -> Self {
        Self { action: ErasedAction::new(session, subject, path, Some(known)), call, output: PhantomData }
    }

    /// Starts it.
    pub fn dispatch(&self, input: impl Into<I>) {
        let inner = self.action.inner();
        start(Arc::clone(&inner), (self.call)(&inner.subject, input.into()));
    }

    /// Whether it is under way.
    #[must_use]
    pub fn pending(&self) -> bool {
        self.action.pending()
    }

    /// What the last one has brought, if it has worked.
    #[must_use]
    pub fn value(&self) -> Option<O> {
        self.action.value()?.downcast_ref::<O>().cloned()
    }

    /// Why the last one has failed, if it has.
    #[must_use]
    pub fn error(&self) -> Option<AuthError> {
        self.action.error()
    }

    /// Forgets what the last one has brought.
    pub fn clear(&self) {
        let inner = self.action.inner();
        inner.write(&inner.came_out, |progress| (progress.value, progress.error) = (None, None));
    }
}

impl ErasedAction {
    fn new(
        session: SessionHandle,
        subject: &str,
        path: String,
        known: Option<fn(SessionHandle, &str) -> Output>,
    ) -> Self {
        Self(StoredValue::new(Arc::new(Inner {
            session,
            subject: subject.to_owned(),
            path,
            known,
            progress: RwLock::default(),
            started_or_ended: ArcTrigger::new(),
            came_out: ArcTrigger::new(),
        })))
    }

    fn inner(self) -> Arc<Inner> {
        self.0.get_value()
    }

    pub(super) fn pending(self) -> bool {
        let inner = self.inner();
        let restored = inner.session.restored();
        inner.read(&inner.started_or_ended, |progress| progress.under_way > 0 && progress.started_in == restored)
    }

    fn value(self) -> Option<Output> {
        let inner = self.inner();
        match (inner.known, inner.read(&inner.came_out, |progress| (progress.value.clone(), progress.error))) {
            (Some(known), (_, None)) => Some(known(inner.session, &inner.subject)),
            (_, (value, _)) => value,
        }
    }

    pub(super) fn error(self) -> Option<AuthError> {
        let inner = self.inner();
        inner.read(&inner.came_out, |progress| progress.error)
    }

    pub(super) fn path(self) -> String {
        self.inner().path.clone()
    }

    pub(super) fn session(self) -> SessionHandle {
        self.inner().session
    }
}

impl Inner {
    fn read<T>(&self, trigger: &ArcTrigger, read: impl FnOnce(&Progress) -> T) -> T {
        trigger.track();
        read(&self.progress.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self, trigger: &ArcTrigger, write: impl FnOnce(&mut Progress)) {
        write(&mut self.progress.write().unwrap_or_else(PoisonError::into_inner));
        trigger.notify();
    }
}

impl<I: 'static, O: 'static> Clone for AuthAction<I, O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<I: 'static, O: 'static> Copy for AuthAction<I, O> {}

impl<I: 'static, O: 'static> std::fmt::Debug for AuthAction<I, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuthAction")
    }
}

#[cfg(not(feature = "ssr"))]
use self::in_browser::start;
#[cfg(not(feature = "ssr"))]
pub(super) use self::in_browser::{leave, perform};
#[cfg(feature = "ssr")]
use self::on_server::start;
#[cfg(feature = "ssr")]
pub(super) use self::on_server::{leave, perform};

#[cfg(not(feature = "ssr"))]
mod in_browser {
    use std::rc::Rc;

    use super::super::browser::{check_now, spawn};
    use super::*;
    use crate::ClientError;
    use crate::client::is_csrf;

    pub(super) fn start(inner: Arc<Inner>, call: Call) {
        let restored = untrack(|| inner.session.restored());
        inner.write(&inner.started_or_ended, |progress| {
            progress.under_way += 1;
            progress.started_in = restored;
        });
        spawn(Box::pin(async move {
            let answer = perform(inner.session, &inner.subject, call).await;
            if !matches!(answer, Ok(None)) {
                inner.write(&inner.started_or_ended, |progress| progress.under_way -= 1);
                inner.write(&inner.came_out, |progress| {
                    progress.error = answer.as_ref().err().copied();
                    progress.value = answer.ok().flatten();
                });
            }
        }));
    }

    /// Has the server do something to the session that the page shows, when it is this one's turn.
    pub(in crate::leptos) async fn perform(
        session: SessionHandle,
        subject: &str,
        call: Call,
    ) -> Result<Option<Output>, AuthError> {
        let ask = match call {
            Call::Ask(ask) => ask,
            Call::Leave(path) => return leave(&session.endpoint(&path)).map(|()| None),
        };
        let (client, turn) = session.with(|state| (state.store.client.clone(), Rc::clone(&state.store.turn)));
        let client = client.ok_or(AuthError::ServerError)?;
        let _turn = turn.lock().await;
        let person = || untrack(|| session.with(|state| state.user(|user| user.map(|user| user.sub.clone()))));
        let meant_for = person();
        let query: Vec<(&'static str, &str)> = ask.query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let path = format!("/{}", ask.path);
        let mut tried = false;
        let answer = loop {
            let answer = client.exchange_with_token(ask.method, &path, &query, ask.body.as_deref()).await;
            let Err(ClientError::Refused { code, .. }) = &answer else { break answer };
            let (is_csrf, is_session) = (is_csrf(code), code.starts_with("SESSION_"));
            if tried || !(is_csrf || is_session) {
                break answer;
            }
            // Somebody may have signed in or out elsewhere. What was meant for one person is not
            // done to another.
            check_now(session).await;
            tried = true;
            if is_session || meant_for.is_none() || person() != meant_for {
                break answer;
            }
        };
        (ask.then)(session, subject, answer.map(|(body, _)| body).map_err(AuthError::from))
    }

    /// Loads another page, by the browser and not by the router: it may be another site's.
    pub(in crate::leptos) fn leave(url: &str) -> Result<(), AuthError> {
        window().location().assign(url).map_err(|_| AuthError::InvalidParameters)
    }
}

#[cfg(feature = "ssr")]
mod on_server {
    use super::*;

    pub(super) fn start(_: Arc<Inner>, call: Call) {
        drop(call);
    }

    pub(in crate::leptos) async fn perform(_: SessionHandle, _: &str, call: Call) -> Result<Option<Output>, AuthError> {
        drop(call);
        Err(AuthError::ServerError)
    }

    pub(in crate::leptos) fn leave(_: &str) -> Result<(), AuthError> {
        Err(AuthError::ServerError)
    }
}
