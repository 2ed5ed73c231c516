use axum::Json;
use axum::extract::{OriginalUri, Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{AUTHORIZATION, HeaderMap};
use serde::Deserialize;
use serde_json::{Value, json};

use super::misbehavior::{StandInEndpoint, intervene};
use super::{Account, BitbucketStandIn};

/// The avatar that everybody has, so that no page loads one from elsewhere.
const AVATAR: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 96 96'%3E%3Crect width='96' height='96' fill='%230c66e4'/%3E%3Ccircle cx='48' cy='38' r='17' fill='white'/%3E%3Cpath d='M14 96a34 34 0 0 1 68 0z' fill='white'/%3E%3C/svg%3E";

pub(super) async fn user(State(bitbucket): State<BitbucketStandIn>, headers: HeaderMap) -> Response {
    if let Some(response) = intervene(&bitbucket, StandInEndpoint::User).await {
        return response;
    }
    respond(&bitbucket, &headers, "account", |account| {
        json!({
            "type": "user",
            "uuid": account.uuid,
            "account_id": format!("557058:{}", account.nickname),
            "display_name": account.display_name,
            "nickname": account.nickname,
            "account_status": "active",
            "created_on": "2011-12-20T16:34:07.132459+00:00",
            "has_2fa_enabled": null,
            "is_staff": false,
            "location": null,
            "links": {
                "avatar": { "href": AVATAR },
                "html": { "href": format!("https://bitbucket.org/{}/", account.uuid) },
            },
        })
    })
}

pub(super) async fn emails(State(bitbucket): State<BitbucketStandIn>, headers: HeaderMap) -> Response {
    if let Some(response) = intervene(&bitbucket, StandInEndpoint::Emails).await {
        return response;
    }
    respond(&bitbucket, &headers, "email", |account| {
        let values: Vec<Value> = account
            .emails
            .iter()
            .map(|(email, is_primary, is_confirmed)| {
                json!({ "type": "email", "email": email, "is_primary": is_primary, "is_confirmed": is_confirmed })
            })
            .collect();
        json!({ "pagelen": 10, "page": 1, "size": values.len(), "values": values })
    })
}

#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    page: usize,
}

/// One workspace a page, so that whoever wants all must turn pages.
pub(super) async fn workspaces(
    State(bitbucket): State<BitbucketStandIn>,
    OriginalUri(uri): OriginalUri,
    Query(Page { page }): Query<Page>,
    headers: HeaderMap,
) -> Response {
    if let Some(response) = intervene(&bitbucket, StandInEndpoint::Workspaces).await {
        return response;
    }
    let page = page.max(1);
    respond(&bitbucket, &headers, "account", |account| {
        let value = |(slug, role): &(String, String)| {
            json!({
                "type": "workspace_access",
                "administrator": role == "owner",
                "workspace": { "type": "workspace", "slug": slug, "uuid": format!("{{{slug}}}") },
            })
        };
        let values: Vec<Value> = account.workspaces.iter().skip(page - 1).take(1).map(value).collect();
        let mut body = json!({ "pagelen": 1, "page": page, "size": account.workspaces.len(), "values": values });
        if page < account.workspaces.len() {
            let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
            body["next"] = format!("http://{host}{}?page={}", uri.path(), page + 1).into();
        }
        body
    })
}

pub(super) async fn permission(
    State(bitbucket): State<BitbucketStandIn>,
    Path(workspace): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Some(response) = intervene(&bitbucket, StandInEndpoint::Permission).await {
        return response;
    }
    let account = match account(&bitbucket, &headers, "account") {
        Ok(account) => account,
        Err(refused) => return refused.into_response(),
    };
    let found = account.workspaces.iter().find(|(slug, _)| *slug == workspace || format!("{{{slug}}}") == workspace);
    match found {
        Some((slug, role)) => Json(json!({
            "type": "workspace_membership",
            "permission": role,
            "workspace": { "type": "workspace", "slug": slug },
        }))
        .into_response(),
        None => Refused::new(StatusCode::FORBIDDEN, "You are not a member of this workspace").into_response(),
    }
}

/// Endpoints that Bitbucket had once.
pub(super) async fn removed() -> Response {
    Refused::new(StatusCode::GONE, "This endpoint has been removed. See CHANGE-2770.").into_response()
}

fn respond(
    bitbucket: &BitbucketStandIn,
    headers: &HeaderMap,
    scope: &str,
    body: impl FnOnce(&Account) -> Value,
) -> Response {
    match account(bitbucket, headers, scope) {
        Ok(account) => Json(body(&account)).into_response(),
        Err(refused) => refused.into_response(),
    }
}

/// Whose account it is. The token counts in the `Authorization` header only.
fn account(bitbucket: &BitbucketStandIn, headers: &HeaderMap, scope: &str) -> Result<Account, Refused> {
    let unauthorized = |message| Refused::new(StatusCode::UNAUTHORIZED, message);
    let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let token = token.ok_or_else(|| unauthorized("Access token missing"))?;
    let store = bitbucket.store();
    let access = store
        .access(token, bitbucket.now())
        .ok_or_else(|| unauthorized("Access token invalid"))?
        .map_err(|()| unauthorized("Access token expired. Use your refresh token to obtain a new access token."))?;
    if !access.scopes.iter().any(|granted| granted == scope) {
        let message = "Your credentials lack one or more required privilege scopes.";
        let detail = json!({ "required": [scope], "granted": access.scopes });
        return Err(Refused { detail: Some(detail), ..Refused::new(StatusCode::FORBIDDEN, message) });
    }
    store.account(&access.nickname).cloned().ok_or_else(|| unauthorized("Account closed"))
}

struct Refused {
    status: StatusCode,
    message: &'static str,
    detail: Option<Value>,
}

impl Refused {
    fn new(status: StatusCode, message: &'static str) -> Self {
        Self { status, message, detail: None }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut error = json!({ "message": self.message });
        if let Some(detail) = self.detail {
            error["detail"] = detail;
        }
        (self.status, Json(json!({ "type": "error", "error": error }))).into_response()
    }
}
