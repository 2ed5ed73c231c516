use std::sync::Arc;

use super::super::action::{Ask, Call, Output, perform};
use super::super::{AuthAction, SessionHandle, use_session};
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
///             <button aria-busy=move || update.pending().then_some("true")>"Save"</button>
///         </AuthForm>
///     }
/// }
/// ```
#[must_use]
pub fn use_update_session() -> AuthAction<SessionUpdate, Session> {
    AuthAction::new(use_session(), "", "session".to_owned(), |_, update| change(&update))
}

/// For [`SessionHandle::update`].
pub(in crate::leptos) async fn update(session: SessionHandle, update: &SessionUpdate) -> Result<Session, AuthError> {
    let changed = perform(session, "", change(update)).await?;
    changed.and_then(|changed| changed.downcast_ref().cloned()).ok_or(AuthError::ServerError)
}

fn change(update: &SessionUpdate) -> Call {
    let body = Some(update.to_json());
    Call::Ask(Ask { body, ..Ask::new(Method::Patch, "session".to_owned(), changed_session) })
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
