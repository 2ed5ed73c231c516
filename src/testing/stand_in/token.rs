use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::StatusCode;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::form_urlencoded;

use crate::oauth::AuthMethod;
use crate::testing::stand_in::injected_fault::{StandInEndpoint, intervene};
use crate::testing::stand_in::profile::{Refused, StandInPkce, TokenFormat};
use crate::testing::stand_in::store::Grant;
use crate::testing::stand_in::{Client, StandIn};

pub(super) async fn token(State(stand_in): State<Arc<StandIn>>, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(response) = intervene(&stand_in, StandInEndpoint::Token).await {
        return response;
    }
    let profile = &stand_in.profile;
    let (status, answer) = match answer(&stand_in, &headers, &body) {
        Ok(answer) => (StatusCode::OK, answer),
        Err(refused) => {
            let (error, description) = (profile.refusal)(refused);
            let status = if profile.errors_with_200 { StatusCode::OK } else { StatusCode::BAD_REQUEST };
            (status, json!({ "error": error, "error_description": description }))
        }
    };
    let asks_for_json = || {
        let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
        accept.is_some_and(|accept| accept.contains("application/json"))
    };
    let is_json = match profile.token_format {
        TokenFormat::Json => true,
        TokenFormat::FormUnlessAsked => asks_for_json(),
        TokenFormat::Form => false,
    };
    if is_json { (status, Json(answer)).into_response() } else { (status, form(&answer)).into_response() }
}

fn answer(stand_in: &StandIn, headers: &HeaderMap, body: &[u8]) -> Result<Value, Refused> {
    let form: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
    let field = |name: &str| form.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str());
    let is_client = stand_in.profile.auth_methods.iter().any(|method| match method {
        AuthMethod::Basic => is_basic_of(&stand_in.client, headers),
        AuthMethod::Body => {
            let Client { id, secret, .. } = &stand_in.client;
            field("client_id") == Some(id) && field("client_secret") == Some(secret)
        }
    });
    if !is_client {
        return Err(Refused::Client);
    }
    if headers.get(CONTENT_TYPE).is_none_or(|value| value != "application/x-www-form-urlencoded") {
        return Err(Refused::NoForm);
    }
    let grant_type = field("grant_type").unwrap_or_default();
    let now = stand_in.now();
    let profile = &stand_in.profile;
    let access = match grant_type {
        "authorization_code" => {
            let grant = stand_in.store().use_code(field("code").unwrap_or_default(), now).ok_or(Refused::Code)?;
            check(&grant, field("redirect_uri"), field("code_verifier"), profile.pkce)?;
            grant.access
        }
        "refresh_token" => {
            let token = field("refresh_token").unwrap_or_default();
            let access = stand_in.store().use_refresh_token(token, now, profile.punish_reuse);
            access.ok_or(Refused::RefreshToken)?
        }
        _ => return Err(Refused::GrantType),
    };
    let issued = stand_in.store().issue(access, profile.access_token_seconds, now, profile.new_token);
    Ok((profile.token_answer)(&issued, grant_type))
}

/// Checks that the token request matches the authorization request: `redirect_uri` and PKCE.
fn check(
    grant: &Grant,
    redirect_uri: Option<&str>,
    code_verifier: Option<&str>,
    pkce: StandInPkce,
) -> Result<(), Refused> {
    if grant.redirect_uri.is_some() && grant.redirect_uri.as_deref() != redirect_uri {
        return Err(Refused::RedirectUri);
    }
    let is_proven = match (&grant.code_challenge, pkce) {
        (_, StandInPkce::Ignored) | (None, StandInPkce::Checked) => true,
        (None, StandInPkce::Required) => false,
        (Some(challenge), StandInPkce::Checked | StandInPkce::Required) => {
            code_verifier.is_some_and(|verifier| URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == *challenge)
        }
    };
    if is_proven { Ok(()) } else { Err(Refused::Verifier) }
}

/// Whether the request authenticates as this client by HTTP Basic. Both values are form-encoded first (RFC 6749,
/// 2.3.1).
pub(in crate::testing) fn is_basic_of(client: &Client, headers: &HeaderMap) -> bool {
    let read = || {
        let encoded = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
        let pair = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        let (id, secret) = pair.split_once(':')?;
        let decode = |text: &str| form_urlencoded::parse(text.as_bytes()).next().map(|(text, _)| text.into_owned());
        Some((decode(id)?, decode(secret)?))
    };
    read().is_some_and(|(id, secret)| id == client.id && secret == client.secret)
}

fn form(answer: &Value) -> ([(http::HeaderName, &'static str); 1], String) {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in answer.as_object().into_iter().flatten() {
        match value {
            Value::String(text) => form.append_pair(name, text),
            other => form.append_pair(name, &other.to_string()),
        };
    }
    ([(CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8")], form.finish())
}
