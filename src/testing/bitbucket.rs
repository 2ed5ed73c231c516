//! Bitbucket Cloud: <https://developer.atlassian.com/cloud/bitbucket/oauth-2/>.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use http::header::HeaderMap;
use serde_json::{Value, json};

use crate::oauth::{AuthMethod, Bitbucket, bitbucket};
use crate::server::random_text;
use crate::testing::stand_in::api::{account, respond};
use crate::testing::stand_in::{
    Account, Denied, Issued, Page, ProviderStandIn, Refused, StandIn, StandInEndpoint, StandInPkce, StandInProfile,
    TokenFormat, intervene,
};

/// A stand-in for Bitbucket Cloud.
///
/// It behaves like Bitbucket:
///
/// - The client authenticates by HTTP Basic and sends forms.
/// - A `redirect_uri` must begin with the registered callback URL.
/// - A code can be used once and expires after ten minutes.
/// - Tokens have 2,500 characters. An access token expires after two hours.
/// - Each use of a refresh token returns a new one. The used one expires after ten minutes.
/// - Tokens are accepted in the `Authorization` header only.
/// - If a scope is missing, the response is a 403 that names the scope.
/// - Endpoints that Bitbucket has removed respond with 410.
///
/// Bitbucket does not document that it checks PKCE, so the stand-in ignores PKCE.
///
/// ```
/// use aura_auth::testing::BitbucketStandIn;
///
/// let bitbucket = BitbucketStandIn::new("key", "secret", "http://localhost:3000/auth/callback/bitbucket");
/// let app: axum::Router = axum::Router::new().nest("/_bitbucket", bitbucket.router());
/// ```
pub type BitbucketStandIn = ProviderStandIn<Bitbucket>;

impl BitbucketStandIn {
    /// Creates a Bitbucket with one OAuth consumer, two accounts, and the scopes `account` and `email`.
    #[must_use]
    pub fn new(client_id: &str, client_secret: &str, callback_url: &str) -> Self {
        Self::registered(profile(), bitbucket, Account::samples(), [client_id, client_secret, callback_url])
    }
}

fn profile() -> StandInProfile {
    StandInProfile {
        pkce: StandInPkce::Ignored,
        token_format: TokenFormat::Json,
        errors_with_200: false,
        punish_reuse: false,
        issuer_path: None,
        name: "Bitbucket",
        authorize_path: "/site/oauth2/authorize",
        token_path: "/site/oauth2/access_token",
        user_path: "/2.0/user",
        emails_path: "/2.0/user/emails",
        revoke_path: None,
        more_routes,
        auth_methods: &[AuthMethod::Basic],
        scopes: &["account", "email"],
        user_scope: Some("account"),
        emails_scope: Some("email"),
        needs_user_agent: false,
        new_token: || random_text(2500),
        access_token_seconds: Some(7200),
        token_answer,
        refusal,
        denial,
        user,
        emails,
    }
}

fn token_answer(issued: &Issued, grant_type: &str) -> Value {
    json!({
        "scopes": issued.scopes.join(" "),
        "access_token": issued.access_token,
        "expires_in": issued.seconds,
        "token_type": "bearer",
        "state": grant_type,
        "refresh_token": issued.refresh_token,
    })
}

fn refusal(refused: Refused) -> (&'static str, &'static str) {
    match refused {
        Refused::Client => ("unauthorized_client", "Client credentials missing or wrong"),
        Refused::NoForm => ("invalid_request", "The body must be a form"),
        Refused::GrantType => ("unsupported_grant_type", "This grant_type is not supported"),
        Refused::Code => ("invalid_grant", "The specified code is not valid."),
        Refused::RedirectUri => ("invalid_grant", "redirect_uri differs from the one in the authorization request"),
        Refused::Verifier => ("invalid_grant", "code_verifier does not match"),
        Refused::RefreshToken => ("invalid_request", "Invalid refresh_token"),
    }
}

fn denial(denied: Denied<'_>) -> (StatusCode, Value) {
    let message = match denied {
        Denied::NoUserAgent | Denied::NoToken => "Access token missing",
        Denied::UnknownToken => "Access token invalid",
        Denied::ExpiredToken => "Access token expired. Use your refresh token to obtain a new access token.",
        Denied::NoAccount => "Account closed",
        Denied::Scope { required, granted } => {
            let message = "Your credentials lack one or more required privilege scopes.";
            let detail = json!({ "required": [required], "granted": granted });
            return (
                StatusCode::FORBIDDEN,
                json!({ "type": "error", "error": { "message": message, "detail": detail } }),
            );
        }
    };
    (StatusCode::UNAUTHORIZED, error(message))
}

fn error(message: &str) -> Value {
    json!({ "type": "error", "error": { "message": message } })
}

fn user(account: &Account, avatar: &str) -> Value {
    json!({
        "type": "user",
        "uuid": account.id,
        "account_id": format!("557058:{}", account.nickname),
        "display_name": account.display_name,
        "nickname": account.nickname,
        "account_status": "active",
        "created_on": "2011-12-20T16:34:07.132459+00:00",
        "has_2fa_enabled": null,
        "is_staff": false,
        "location": null,
        "links": {
            "avatar": { "href": avatar },
            "html": { "href": format!("https://bitbucket.org/{}/", account.id) },
        },
    })
}

fn emails(account: &Account, page: &Page) -> Value {
    let value = |(email, is_primary, is_confirmed): &(String, bool, bool)| json!({ "type": "email", "email": email, "is_primary": is_primary, "is_confirmed": is_confirmed });
    list(&account.emails, page, 10, value)
}

/// Returns a page of a list, with `length` entries per page.
fn list<T>(all: &[T], page: &Page, length: usize, value: impl Fn(&T) -> Value) -> Value {
    let values: Vec<Value> = page.entries(all, length).iter().map(value).collect();
    let mut body = json!({ "pagelen": length, "page": page.number, "size": all.len(), "values": values });
    if let Some(next) = page.next(all, length) {
        body["next"] = next.into();
    }
    body
}

fn more_routes() -> Router<Arc<StandIn>> {
    Router::new()
        .route("/2.0/user/workspaces", get(workspaces))
        .route("/2.0/user/workspaces/{workspace}/permission", get(permission))
        .route("/2.0/workspaces", get(removed))
        .route("/2.0/user/permissions/workspaces", get(removed))
        .route("/2.0/teams", get(removed))
}

/// Returns one workspace per page, so that a client must request every page to see them all.
async fn workspaces(State(stand_in): State<Arc<StandIn>>, page: Page, headers: HeaderMap) -> Response {
    if let Some(response) = intervene(&stand_in, StandInEndpoint::Workspaces).await {
        return response;
    }
    respond(&stand_in, &headers, Some("account"), |account| {
        list(&account.workspaces, &page, 1, |(slug, role)| {
            json!({
                "type": "workspace_access",
                "administrator": role == "owner",
                "workspace": { "type": "workspace", "slug": slug, "uuid": format!("{{{slug}}}") },
            })
        })
    })
}

async fn permission(
    State(stand_in): State<Arc<StandIn>>,
    Path(workspace): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Some(response) = intervene(&stand_in, StandInEndpoint::Permission).await {
        return response;
    }
    let account = match account(&stand_in, &headers, Some("account")) {
        Ok(account) => account,
        Err((status, body)) => return (status, Json(body)).into_response(),
    };
    let found = account.workspaces.iter().find(|(slug, _)| *slug == workspace || format!("{{{slug}}}") == workspace);
    match found {
        Some((slug, role)) => Json(json!({
            "type": "workspace_membership",
            "permission": role,
            "workspace": { "type": "workspace", "slug": slug },
        }))
        .into_response(),
        None => (StatusCode::FORBIDDEN, Json(error("You are not a member of this workspace"))).into_response(),
    }
}

/// An endpoint that Bitbucket has removed.
async fn removed() -> Response {
    (StatusCode::GONE, Json(error("This endpoint has been removed. See CHANGE-2770."))).into_response()
}
