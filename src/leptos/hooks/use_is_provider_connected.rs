use std::sync::Arc;

use super::super::action::Output;
use super::super::{AuthAction, SessionHandle};
use crate::json::Json;
use crate::{AuthError, Method};

/// Whether the session has tokens of this provider.
///
/// **What.** The value is there from the beginning, as the server knew it when it rendered the page,
/// and follows [`use_disconnect_provider`](super::super::use_disconnect_provider);
/// [`dispatch`](AuthAction::dispatch) asks the server whether the tokens are really there.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::use_is_provider_connected;
///
/// #[component]
/// fn Connection() -> impl IntoView {
///     let connected = use_is_provider_connected("bitbucket");
///     view! { <p>{move || if connected.value() == Some(true) { "Connected" } else { "Not connected" }}</p> }
/// }
/// ```
#[must_use]
pub fn use_is_provider_connected(provider: &str) -> AuthAction<(), bool> {
    AuthAction::of_known_provider(provider, Method::Get, "", connected, Some(known))
}

fn known(session: SessionHandle, provider: &str) -> Output {
    Arc::new(session.with(|state| state.is_connected(provider)))
}

fn connected(
    session: SessionHandle,
    provider: &str,
    answer: Result<Json, AuthError>,
) -> Result<Option<Output>, AuthError> {
    let connected = answer?.boolean("connected").ok_or(AuthError::ServerError)?;
    session.set_connected(provider, connected);
    Ok(Some(Arc::new(connected)))
}
