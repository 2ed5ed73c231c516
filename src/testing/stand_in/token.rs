use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::StatusCode;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use serde_json::json;
use sha2::{Digest, Sha256};
use url::form_urlencoded;

use super::BitbucketStandIn;
use super::misbehavior::{StandInEndpoint, intervene};
use super::store::{ACCESS_TOKEN_SECONDS, Access};

pub(super) async fn token(State(bitbucket): State<BitbucketStandIn>, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(response) = intervene(&bitbucket, StandInEndpoint::Token).await {
        return response;
    }
    if !is_consumer(&bitbucket, &headers) {
        return refused("unauthorized_client", "Client credentials missing or wrong");
    }
    let is_form = headers.get(CONTENT_TYPE).is_some_and(|value| value == "application/x-www-form-urlencoded");
    if !is_form {
        return refused("invalid_request", "The body must be a form");
    }
    let form: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
    let field = |name: &str| form.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str());
    let access = match field("grant_type") {
        Some("authorization_code") => by_code(&bitbucket, field("code"), field("redirect_uri"), field("code_verifier")),
        Some("refresh_token") => {
            let now = bitbucket.now();
            let access = bitbucket.store().use_refresh_token(
                field("refresh_token").unwrap_or_default(),
                now,
                bitbucket.0.punish_reuse,
            );
            access.ok_or(("invalid_request", "Invalid refresh_token"))
        }
        _ => Err(("unsupported_grant_type", "This grant_type is not supported")),
    };
    match access {
        Ok(access) => granted(&bitbucket, access, field("grant_type").unwrap_or_default()),
        Err((error, description)) => refused(error, description),
    }
}

fn by_code(
    bitbucket: &BitbucketStandIn,
    code: Option<&str>,
    redirect_uri: Option<&str>,
    code_verifier: Option<&str>,
) -> Result<Access, (&'static str, &'static str)> {
    let now = bitbucket.now();
    let grant = bitbucket
        .store()
        .use_code(code.unwrap_or_default(), now)
        .ok_or(("invalid_grant", "The specified code is not valid."))?;
    if grant.redirect_uri.is_some() && grant.redirect_uri.as_deref() != redirect_uri {
        return Err(("invalid_grant", "redirect_uri is not the one of the request"));
    }
    let proves = |challenge: &String| {
        code_verifier.is_some_and(|verifier| URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == *challenge)
    };
    if bitbucket.0.require_pkce && !grant.code_challenge.as_ref().is_some_and(proves) {
        return Err(("invalid_grant", "code_verifier does not match"));
    }
    Ok(grant.access)
}

fn granted(bitbucket: &BitbucketStandIn, access: Access, grant_type: &str) -> Response {
    let scopes = access.scopes.join(" ");
    let (access_token, refresh_token) = bitbucket.store().new_tokens(access, bitbucket.now());
    Json(json!({
        "scopes": scopes,
        "access_token": access_token,
        "expires_in": ACCESS_TOKEN_SECONDS,
        "token_type": "bearer",
        "state": grant_type,
        "refresh_token": refresh_token,
    }))
    .into_response()
}

/// HTTP Basic, each half form-encoded first (RFC 6749, 2.3.1).
fn is_consumer(bitbucket: &BitbucketStandIn, headers: &HeaderMap) -> bool {
    let consumer = &bitbucket.0.consumer;
    let read = || {
        let encoded = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
        let pair = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        let (id, secret) = pair.split_once(':')?;
        let decode = |text: &str| form_urlencoded::parse(text.as_bytes()).next().map(|(text, _)| text.into_owned());
        Some((decode(id)?, decode(secret)?))
    };
    read().is_some_and(|(id, secret)| id == consumer.client_id && secret == consumer.client_secret)
}

fn refused(error: &str, description: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": error, "error_description": description }))).into_response()
}
