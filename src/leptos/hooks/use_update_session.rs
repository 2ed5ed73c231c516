use std::sync::Arc;

use super::super::action::{Ask, Output, perform};
use super::super::{AuthAction, SessionHandle};
use crate::json::Json;
use crate::{AuthError, Method, Session, SessionUpdate};

/// Changes what people may change of themselves: name and image, and what else the app has made
/// [editable](crate::SessionConfig::editable). What shows the session follows, in other tabs too.
///
/// **What.** [`dispatch`](AuthAction::dispatch) takes a [`SessionUpdate`]; the value is the session
/// as it is then.
///
/// **Without scripts** an [`AuthForm`](fn@super::super::AuthForm) of it does the same: each field is
/// one of the user's, and an empty one takes the value away.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::{AuthForm, use_session, use_update_session};
///
/// #[component]
/// fn EditName() -> impl IntoView {
///     let (session, update) = (use_session(), use_update_session());
///     let name = move || session.user().and_then(|user| user.name);
///     view! {
///         <AuthForm action=update>
///             <label>"Name" <input name="name" prop:value=name value=name/></label>
///             <button>"Save"</button>
///         </AuthForm>
///     }
/// }
/// ```
#[must_use]
pub fn use_update_session() -> AuthAction<SessionUpdate, Session> {
    AuthAction::new(Method::Patch, "session", Some(changed_session), |update: SessionUpdate, ask| {
        ask.body = Some(update.to_json());
    })
}

/// For [`SessionHandle::update`].
pub(in crate::leptos) async fn update(session: SessionHandle, update: &SessionUpdate) -> Result<Session, AuthError> {
    let body = Some(update.to_json());
    let answer = perform(session, Ask { method: Method::Patch, path: "session".to_owned(), body }).await;
    let changed = changed_session(session, "", answer)?;
    changed.and_then(|changed| changed.downcast_ref().cloned()).ok_or(AuthError::ServerError)
}

/// The session of an answer, which everything that shows it follows.
pub(super) fn changed_session(
    session: SessionHandle,
    _: &str,
    answer: Result<Json, AuthError>,
) -> Result<Option<Output>, AuthError> {
    let changed = answer?.get("session").and_then(|session| Session::from_json(&session));
    let changed = changed.ok_or(AuthError::ServerError)?;
    #[cfg(not(feature = "ssr"))]
    super::super::browser::learned(session, &changed);
    #[cfg(feature = "ssr")]
    let _ = session;
    Ok(Some(Arc::new(changed)))
}
