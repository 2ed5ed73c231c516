use std::sync::Arc;

use axum::Json;
use axum::extract::{OriginalUri, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{AUTHORIZATION, HeaderMap, USER_AGENT};
use serde_json::Value;

use crate::testing::stand_in::avatar;
use crate::testing::stand_in::injected_fault::{StandInEndpoint, intervene};
use crate::testing::stand_in::profile::Denied;
use crate::testing::stand_in::{Account, Page, StandIn};

pub(super) async fn user(
    State(stand_in): State<Arc<StandIn>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    if let Some(response) = intervene(&stand_in, StandInEndpoint::User).await {
        return response;
    }
    let avatar = avatar::url(&headers, &uri, stand_in.profile.user_path);
    respond(&stand_in, &headers, stand_in.profile.user_scope, |account| (stand_in.profile.user)(account, &avatar))
}

pub(super) async fn emails(State(stand_in): State<Arc<StandIn>>, page: Page, headers: HeaderMap) -> Response {
    if let Some(response) = intervene(&stand_in, StandInEndpoint::Emails).await {
        return response;
    }
    let emails = |account: &Account| (stand_in.profile.emails)(account, &page);
    respond(&stand_in, &headers, stand_in.profile.emails_scope, emails)
}

pub(in crate::testing) fn respond(
    stand_in: &StandIn,
    headers: &HeaderMap,
    scope: Option<&str>,
    body: impl FnOnce(&Account) -> Value,
) -> Response {
    match account(stand_in, headers, scope) {
        Ok(account) => Json(body(&account)).into_response(),
        Err((status, body)) => (status, Json(body)).into_response(),
    }
}

/// Returns the account of the request's access token. The token is accepted in the `Authorization` header only.
pub(in crate::testing) fn account(
    stand_in: &StandIn,
    headers: &HeaderMap,
    scope: Option<&str>,
) -> Result<Account, (StatusCode, Value)> {
    let profile = &stand_in.profile;
    if profile.needs_user_agent && !headers.contains_key(USER_AGENT) {
        return Err((profile.denial)(Denied::NoUserAgent));
    }
    let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let token = token.ok_or_else(|| (profile.denial)(Denied::NoToken))?;
    let store = stand_in.store();
    let access = store
        .access(token, stand_in.now())
        .ok_or_else(|| (profile.denial)(Denied::UnknownToken))?
        .map_err(|()| (profile.denial)(Denied::ExpiredToken))?;
    if let Some(required) = scope
        && !access.scopes.iter().any(|granted| granted == required)
    {
        return Err((profile.denial)(Denied::Scope { required, granted: &access.scopes }));
    }
    store.account(&access.nickname).cloned().ok_or_else(|| (profile.denial)(Denied::NoAccount))
}
