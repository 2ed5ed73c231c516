//! GitHub's OAuth apps: <https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps>.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::delete;
use axum::{Json, Router};
use http::StatusCode;
use http::header::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::oauth::{AuthMethod, github};
use crate::server::random_text;
use crate::testing::stand_in::{
    Account, Denied, Issued, Page, ProviderStandIn, Refused, StandIn, StandInEndpoint, StandInPkce, StandInProfile,
    TokenFormat, intervene, is_basic_of,
};

impl ProviderStandIn {
    /// Creates a stand-in for GitHub, with one OAuth app and two accounts.
    ///
    /// It behaves like GitHub:
    ///
    /// - Identifiers are numbers.
    /// - E-mail addresses have their own endpoint, which responds with 404 without the scope `user:email`.
    /// - The token endpoint responds with a form unless the client asks for JSON. Its errors have status 200 and
    ///   GitHub's own codes.
    /// - Access tokens don't expire, and there are no refresh tokens.
    /// - PKCE is checked if the authorization request has a challenge.
    /// - The callback has `iss`.
    /// - Tokens are revoked by `DELETE /applications/{client_id}/token`.
    ///
    /// ```
    /// use aura_auth::Auth;
    /// use aura_auth::testing::ProviderStandIn;
    ///
    /// let github = ProviderStandIn::github("id", "secret", "http://localhost:3000/auth/callback/github");
    /// let app: axum::Router = axum::Router::new().nest("/_github", github.router());
    /// let auth = Auth::builder().oauth([github.provider("http://localhost:3000/_github")]);
    /// ```
    #[must_use]
    pub fn github(client_id: &str, client_secret: &str, callback_url: &str) -> Self {
        let mut accounts = Account::samples();
        for (account, id) in accounts.iter_mut().zip(["583231", "9919"]) {
            id.clone_into(&mut account.id);
        }
        Self::registered(profile(), github, accounts, [client_id, client_secret, callback_url])
    }
}

fn profile() -> StandInProfile {
    StandInProfile {
        pkce: StandInPkce::Checked,
        token_format: TokenFormat::FormUnlessAsked,
        errors_with_200: true,
        punish_reuse: false,
        issuer_path: Some("/login/oauth"),
        name: "GitHub",
        authorize_path: "/login/oauth/authorize",
        token_path: "/login/oauth/access_token",
        user_path: "/user",
        emails_path: "/user/emails",
        revoke_path: Some("/applications/{client_id}/token"),
        more_routes: || Router::new().route("/applications/{client_id}/token", delete(revoke)),
        auth_methods: &[AuthMethod::Body, AuthMethod::Basic],
        scopes: &["read:user", "user:email"],
        user_scope: None,
        emails_scope: Some("user:email"),
        needs_user_agent: true,
        new_token: || format!("gho_{}", random_text(36)),
        access_token_seconds: None,
        token_answer,
        refusal,
        denial,
        user,
        emails,
    }
}

fn token_answer(issued: &Issued, _: &str) -> Value {
    json!({ "access_token": issued.access_token, "scope": issued.scopes.join(","), "token_type": "bearer" })
}

fn refusal(refused: Refused) -> (&'static str, &'static str) {
    match refused {
        Refused::Client => ("incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect."),
        Refused::RedirectUri => {
            ("redirect_uri_mismatch", "The redirect_uri MUST match the registered callback URL for this application.")
        }
        Refused::NoForm | Refused::Code | Refused::Verifier => {
            ("bad_verification_code", "The code passed is incorrect or expired.")
        }
        Refused::RefreshToken => ("bad_refresh_token", "The refresh token passed is incorrect or expired."),
        Refused::GrantType => ("unsupported_grant_type", "The grant type is not supported."),
    }
}

fn denial(denied: Denied<'_>) -> (StatusCode, Value) {
    let (status, message) = match denied {
        Denied::NoUserAgent => (StatusCode::FORBIDDEN, "Request forbidden by administrative rules."),
        Denied::NoToken => (StatusCode::UNAUTHORIZED, "Requires authentication"),
        Denied::UnknownToken | Denied::ExpiredToken | Denied::NoAccount => {
            (StatusCode::UNAUTHORIZED, "Bad credentials")
        }
        Denied::Scope { .. } => (StatusCode::NOT_FOUND, "Not Found"),
    };
    (status, json!({ "message": message, "documentation_url": "https://docs.github.com/rest" }))
}

fn user(account: &Account, avatar: &str) -> Value {
    json!({
        "login": account.nickname,
        "id": account.id.parse::<u64>().ok(),
        "type": "User",
        "name": account.display_name,
        // The public address. The user may not own it.
        "email": account.emails.first().map(|(email, _, _)| email),
        "avatar_url": avatar,
    })
}

fn emails(account: &Account, _: &Page) -> Value {
    let entry = |(email, is_primary, is_verified): &(String, bool, bool)| {
        let visibility = is_primary.then_some("private");
        json!({ "email": email, "primary": is_primary, "verified": is_verified, "visibility": visibility })
    };
    account.emails.iter().map(entry).collect()
}

#[derive(Deserialize)]
struct Revocation {
    access_token: String,
}

/// <https://docs.github.com/en/rest/apps/oauth-applications#delete-an-app-token>
async fn revoke(
    State(stand_in): State<Arc<StandIn>>,
    Path(client_id): Path<String>,
    headers: HeaderMap,
    Json(revocation): Json<Revocation>,
) -> Response {
    if let Some(response) = intervene(&stand_in, StandInEndpoint::Revocation).await {
        return response;
    }
    let message = |message: &str| Json(json!({ "message": message }));
    if client_id != stand_in.client.id || !is_basic_of(&stand_in.client, &headers) {
        return (StatusCode::NOT_FOUND, message("Not Found")).into_response();
    }
    if stand_in.store().end_token(&revocation.access_token) {
        StatusCode::NO_CONTENT.into_response()
    } else {
        (StatusCode::UNPROCESSABLE_ENTITY, message("Validation Failed")).into_response()
    }
}
