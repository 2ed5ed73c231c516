use std::any::Any;
use std::marker::PhantomData;
use std::sync::{Arc, PoisonError, RwLock};

use super::{SessionHandle, use_session};
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
    /// Puts the input into the request.
    put: fn(I, &mut Ask),
    output: PhantomData<fn() -> O>,
}

/// A request to an endpoint.
#[cfg_attr(feature = "ssr", expect(dead_code, reason = "the server sends nothing"))]
pub(super) struct Ask {
    pub(super) method: Method,
    /// Under the base path, with its query.
    pub(super) path: String,
    /// JSON.
    pub(super) body: Option<String>,
}

/// What the page makes of an answer: the action's value, or none if it is being left.
pub(super) type Then = fn(SessionHandle, &str, Result<Json, AuthError>) -> Result<Option<Output>, AuthError>;

/// An action's value.
pub(super) type Output = Arc<dyn Any + Send + Sync>;

/// An action's value as the page knows it.
pub(super) type Known = fn(SessionHandle, &str) -> Output;

// The same for all types of input and output: what is generic is compiled, and loaded, for each of
// them.
#[derive(Clone, Copy)]
pub(super) struct ErasedAction(StoredValue<Arc<Inner>>);

struct Inner {
    session: SessionHandle,
    /// The provider's id, if it is done to one.
    provider: String,
    method: Method,
    /// Under the base path; a form of it is sent there too.
    path: String,
    /// What the page makes of the answer; without it, it leaves for the endpoint.
    #[cfg_attr(feature = "ssr", expect(dead_code, reason = "the server sends nothing"))]
    then: Option<Then>,
    /// What the value is while nothing else is known.
    known: Option<Known>,
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
    pub(super) fn new(method: Method, path: &str, then: Option<Then>, put: fn(I, &mut Ask)) -> Self {
        Self { action: ErasedAction::new("", method, path.to_owned(), then, None), put, output: PhantomData }
    }

    /// Starts it.
    pub fn dispatch(&self, input: impl Into<I>) {
        let inner = self.action.inner();
        let mut ask = Ask { method: inner.method, path: inner.path.clone(), body: None };
        (self.put)(input.into(), &mut ask);
        start(inner, ask);
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

impl<O: Clone + Send + Sync + 'static> AuthAction<(), O> {
    /// One of those that are done to a provider; `path` is under the provider's.
    pub(super) fn of_provider(provider: &str, method: Method, path: &str, then: Then) -> Self {
        Self::of_known_provider(provider, method, path, then, None)
    }

    /// One whose value the page may know without asking.
    pub(super) fn of_known_provider(
        provider: &str,
        method: Method,
        path: &str,
        then: Then,
        known: Option<Known>,
    ) -> Self {
        let path = format!("providers/{provider}{path}");
        let action = ErasedAction::new(provider, method, path, Some(then), known);
        Self { action, put: |(), _| (), output: PhantomData }
    }
}

impl ErasedAction {
    fn new(provider: &str, method: Method, path: String, then: Option<Then>, known: Option<Known>) -> Self {
        Self(StoredValue::new(Arc::new(Inner {
            session: use_session(),
            provider: provider.to_owned(),
            method,
            path,
            then,
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
            (Some(known), (_, None)) => Some(known(inner.session, &inner.provider)),
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

    use super::super::browser::{check_now, request_with_token, spawn};
    use super::*;

    pub(super) fn start(inner: Arc<Inner>, ask: Ask) {
        let restored = untrack(|| inner.session.restored());
        inner.write(&inner.started_or_ended, |progress| {
            progress.under_way += 1;
            progress.started_in = restored;
        });
        let Some(then) = inner.then else {
            if let Err(error) = leave(&inner.session.endpoint(&ask.path)) {
                come_out(&inner, Err(error));
            }
            return;
        };
        spawn(Box::pin(async move {
            let answer = perform(inner.session, ask).await;
            if let Some(answer) = then(inner.session, &inner.provider, answer).transpose() {
                come_out(&inner, answer);
            }
        }));
    }

    fn come_out(inner: &Inner, answer: Result<Output, AuthError>) {
        inner.write(&inner.started_or_ended, |progress| progress.under_way -= 1);
        inner.write(&inner.came_out, |progress| {
            progress.error = answer.as_ref().err().copied();
            progress.value = answer.ok();
        });
    }

    /// Has the server do something to the session that the page shows, when it is this one's turn.
    pub(in crate::leptos) async fn perform(session: SessionHandle, ask: Ask) -> Result<Json, AuthError> {
        let turn = session.with(|state| Rc::clone(&state.store.turn));
        let _turn = turn.lock().await;
        let person = || session.with(|state| state.store.person.get());
        let meant_for = person();
        let mut tried = false;
        loop {
            let answer = request_with_token(session, ask.method, &ask.path, ask.body.as_deref()).await;
            let Err(error) = &answer else { return answer };
            if tried || !(error.is_csrf() || error.is_session()) {
                return answer;
            }
            // Somebody may have signed in or out elsewhere. What was meant for one person is not
            // done to another.
            check_now(session).await;
            tried = true;
            if error.is_session() || person() != meant_for {
                return answer;
            }
        }
    }

    /// Loads another page, by the browser and not by the router: it may be another site's.
    pub(in crate::leptos) fn leave(url: &str) -> Result<(), AuthError> {
        window().location().assign(url).map_err(|_| AuthError::InvalidParameters)
    }
}

#[cfg(feature = "ssr")]
mod on_server {
    use super::*;

    pub(super) fn start(_: Arc<Inner>, ask: Ask) {
        drop(ask);
    }

    pub(in crate::leptos) async fn perform(_: SessionHandle, ask: Ask) -> Result<Json, AuthError> {
        drop(ask);
        Err(AuthError::ServerError)
    }

    pub(in crate::leptos) fn leave(_: &str) -> Result<(), AuthError> {
        Err(AuthError::ServerError)
    }
}
