use std::sync::Arc;

use axum::extract::{Form, OriginalUri, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::StatusCode;
use http::header::{HOST, HeaderMap};
use serde::Deserialize;
use url::Url;

use crate::testing::stand_in::injected_fault::{InjectedFault, StandInEndpoint, intervene};
use crate::testing::stand_in::store::{Access, Grant};
use crate::testing::stand_in::{Account, StandIn, StandInPkce};

/// An authorization request (RFC 6749, 4.1.1).
#[derive(Deserialize)]
pub(super) struct Request {
    #[serde(default)]
    response_type: String,
    #[serde(default)]
    client_id: String,
    redirect_uri: Option<String>,
    state: Option<String>,
    scope: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
}

/// The consent page's form: the authorization request and the user's decision.
#[derive(Deserialize)]
pub(super) struct Decision {
    #[serde(default)]
    account: String,
    #[serde(default)]
    decision: String,
    #[serde(flatten)]
    request: Request,
}

pub(super) async fn consent(State(stand_in): State<Arc<StandIn>>, Query(request): Query<Request>) -> Response {
    if let Some(response) = intervene(&stand_in, StandInEndpoint::Authorize).await {
        return response;
    }
    match check(&stand_in, &request) {
        Ok(_) => page(&stand_in, &request).into_response(),
        Err(error) => error_page(&stand_in, error),
    }
}

pub(super) async fn decide(
    State(stand_in): State<Arc<StandIn>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    Form(form): Form<Decision>,
) -> Response {
    // The router may be nested, so the provider's own URL is built from the original path.
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let base = uri.path().strip_suffix(stand_in.profile.authorize_path).unwrap_or_default();
    let account = (form.decision == "approve").then_some(form.account.as_str());
    match answer(&stand_in, &form.request, account, &format!("http://{host}{base}")) {
        Ok(target) => Redirect::to(target.as_str()).into_response(),
        Err(error) => error_page(&stand_in, error),
    }
}

/// Approves the authorization request in a URL as this account. Returns the URL that the browser is redirected to.
pub(super) fn approve(stand_in: &StandIn, account: &str, url: &str) -> Result<String, &'static str> {
    let url = Url::parse(url).map_err(|_| "The location is not a URL")?;
    let uri = url.as_str().parse().map_err(|_| "The location is not a URL")?;
    let Query(request) = Query::try_from_uri(&uri).map_err(|_| "The query can't be read")?;
    let base = format!("{}{}", url.origin().ascii_serialization(), url.path());
    let base = base.strip_suffix(stand_in.profile.authorize_path).ok_or("The location is not the consent page")?;
    answer(stand_in, &request, Some(account), base).map(Into::into)
}

/// Returns the URL of the app for a user's decision: `account` grants access, and `None` denies it. `base` is the URL
/// at which the provider's router is nested.
fn answer(stand_in: &StandIn, request: &Request, account: Option<&str>, base: &str) -> Result<Url, &'static str> {
    let mut target = check(stand_in, request)?;
    let now = stand_in.now();
    let mut store = stand_in.store();
    if let Some(account) = account {
        if store.account(account).is_none() {
            return Err("No account is selected. Go back and select one.");
        }
        let reuse = store.injected_faults.get(StandInEndpoint::Authorize) == Some(InjectedFault::ReusedCode);
        let scopes = granted(stand_in, request.scope.as_deref());
        let code = store.last_used_code().filter(|_| reuse).unwrap_or_else(|| {
            let grant = Grant {
                access: Access { nickname: account.to_owned(), scopes, sign_in: 0 },
                redirect_uri: request.redirect_uri.clone(),
                code_challenge: request.code_challenge.clone(),
                expires_at: now,
            };
            store.new_code(grant, now)
        });
        target.query_pairs_mut().append_pair("code", &code);
    } else {
        target.query_pairs_mut().append_pair("error", "access_denied");
    }
    if let Some(state) = &request.state {
        target.query_pairs_mut().append_pair("state", state);
    }
    if let Some(issuer) = stand_in.profile.issuer_path {
        target.query_pairs_mut().append_pair("iss", &format!("{base}{issuer}"));
    }
    Ok(target)
}

/// Checks an authorization request and returns its `redirect_uri`. If a check fails, the browser is not redirected to
/// the app: the developer sees the provider's own error page.
fn check(stand_in: &StandIn, request: &Request) -> Result<Url, &'static str> {
    let client = &stand_in.client;
    if request.client_id != client.id {
        return Err("Invalid client_id");
    }
    if request.response_type != "code" {
        return Err("Unsupported response_type");
    }
    if request.code_challenge.is_some() && request.code_challenge_method.as_deref() != Some("S256") {
        return Err("Unsupported code_challenge_method");
    }
    if stand_in.profile.pkce == StandInPkce::Required && request.code_challenge.is_none() {
        return Err("Missing code_challenge");
    }
    let redirect_uri = request.redirect_uri.as_deref().unwrap_or(&client.callback_url);
    if !redirect_uri.starts_with(&client.callback_url) {
        return Err("Invalid redirect_uri: it must begin with the registered callback URL");
    }
    Url::parse(redirect_uri).map_err(|_| "Invalid redirect_uri")
}

/// Returns the requested scopes that the client may have. Without a `scope` parameter, these are all of the client's
/// scopes.
fn granted(stand_in: &StandIn, scope: Option<&str>) -> Vec<String> {
    let ticked = &stand_in.client.scopes;
    let wished = |name: &String| scope.is_none_or(|scope| scope.split_whitespace().any(|wish| wish == name));
    ticked.iter().filter(|name| wished(name)).cloned().collect()
}

fn error_page(stand_in: &StandIn, error: &str) -> Response {
    let name = stand_in.profile.name;
    let page = document(&format!("{name} (stand-in)"), &format!("<h1>{name}</h1><p>{}</p>", escape(error)));
    (StatusCode::BAD_REQUEST, Html(page)).into_response()
}

fn page(stand_in: &StandIn, request: &Request) -> Html<String> {
    let hidden: String = [
        ("response_type", Some(&request.response_type)),
        ("client_id", Some(&request.client_id)),
        ("redirect_uri", request.redirect_uri.as_ref()),
        ("state", request.state.as_ref()),
        ("scope", request.scope.as_ref()),
        ("code_challenge", request.code_challenge.as_ref()),
        ("code_challenge_method", request.code_challenge_method.as_ref()),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value)))
    .collect();
    let radio = |(index, account): (usize, &Account)| {
        format!(
            "<label><input type=\"radio\" name=\"account\" value=\"{}\"{}> <span>{}</span></label>",
            escape(&account.nickname),
            if index == 0 { " checked" } else { "" },
            escape(&account.display_name),
        )
    };
    let accounts: String = stand_in.store().accounts.iter().enumerate().map(radio).collect();
    let scopes = granted(stand_in, request.scope.as_deref()).join(", ");
    let name = stand_in.profile.name;
    Html(document(
        &format!("Allow access? · {name} (stand-in)"),
        &format!(
            "<p class=\"notice\">This is a stand-in for {name}. No real account is involved.</p>\
             <h1>Allow access to your account?</h1>\
             <p>The app asks for: <strong>{}</strong></p>\
             <form method=\"post\">{hidden}<fieldset><legend>Sign in as</legend>{accounts}</fieldset>\
             <button name=\"decision\" value=\"approve\">Grant access</button>\
             <button name=\"decision\" value=\"deny\" class=\"quiet\">Cancel</button></form>",
            escape(&scopes),
        ),
    ))
}

fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><link rel=\"icon\" href=\"data:,\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    )
}

const STYLE: &str = include_str!("consent.css");

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
