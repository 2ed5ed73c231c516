use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use oauth2::basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse};
use oauth2::{
    AuthType, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, StandardRevocableToken,
};
use serde::{Deserialize, Serialize};

use crate::TokenSet;
use crate::server::jose::{Jose, JoseError, Purpose};
use crate::server::oauth::flow_state::{MAX_REDIRECT_TO_BYTES, State};
use crate::server::oauth::stored_flows::stored_flow_began_at;
use crate::server::oauth::token_error::{FlowError, TokenError};
use crate::server::oauth::token_set::TokenAnswer;
use crate::server::oauth::used_flows::UsedFlows;
use crate::server::origin::RedirectTo;
use crate::server::providers::ProviderClient;
use crate::server::providers::{AuthMethod, Provider};
use crate::server::random::random_token;
use crate::server::session::SessionIdHash;

/// How long a user may take to sign in, in seconds. Ten minutes are enough for a password, a second factor and the
/// consent page.
pub(super) const LIFETIME_SECONDS: i64 = 600;
/// The largest number of running flows per browser. If there are more, the oldest are removed.
const MAX_FLOWS: usize = 5;
/// The largest number of flow cookies that are read from one request.
const MAX_FLOW_COOKIES: usize = 2 * MAX_FLOWS;
/// Level 1 is enough: a URL has few repetitions, so Huffman coding saves most of the space.
const COMPRESSION_LEVEL: u8 = 1;
/// The largest decompressed flow, in bytes. A flow is always smaller: its `redirectTo` has at most 2,048 bytes.
const MAX_DECOMPRESSED_BYTES: usize = 16 * 1024;

/// The temporary data of a flow, encrypted in the flow's own cookie.
#[derive(Serialize, Deserialize)]
pub(crate) struct Flow {
    id: String,
    provider: String,
    /// `None` if the provider does not support PKCE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code_verifier: Option<String>,
    redirect_uri: String,
    /// Unchecked text, which must be parsed again before a redirect.
    redirect_to: String,
    issued_at: i64,
    expires_at: i64,
    /// If the flow links an account: the hash of the id of the session to link it to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

/// The input of [`authorize`].
pub(crate) struct FlowRequest<'a> {
    pub(crate) provider: &'a Provider,
    /// The `redirect_uri`: the callback URL of this provider.
    pub(crate) redirect_uri: String,
    pub(crate) redirect_to: &'a RedirectTo,
    pub(crate) attempt: u8,
    /// The session to link the account to, or `None` for a sign-in.
    pub(crate) link: Option<&'a SessionIdHash>,
}

/// A started flow: the URL of the authorization request, and the flow itself, encrypted for its cookie or for a store.
pub(crate) struct Authorization {
    pub(crate) url: String,
    pub(crate) flow: String,
    pub(crate) sealed: String,
    pub(crate) issued_at: i64,
    pub(crate) max_age_seconds: i64,
}

/// A callback that passed every check, ready for the token request.
pub(crate) struct Exchange {
    code: AuthorizationCode,
    flow: Flow,
}

impl Exchange {
    pub(crate) fn new(flow: Flow, code: String) -> Self {
        Self { code: AuthorizationCode::new(code), flow }
    }
}

impl Flow {
    /// The requested redirect target. It was allowed when the flow started, but may no longer be.
    pub(crate) fn wanted(&self) -> &str {
        &self.redirect_to
    }

    /// If the flow links an account: the hash of the id of the session to link it to.
    pub(crate) fn link(&self) -> Option<&str> {
        self.link.as_deref()
    }
}

type OauthClient = Client<
    BasicErrorResponse,
    TokenAnswer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// The `oauth2` crate's client of a provider.
pub(super) fn client(provider: &Provider) -> OauthClient {
    let auth_type = match provider.auth_method {
        AuthMethod::Basic => AuthType::BasicAuth,
        AuthMethod::Body => AuthType::RequestBody,
    };
    Client::new(ClientId::new(provider.client_id.clone()))
        .set_client_secret(ClientSecret::new(provider.client_secret.expose().to_owned()))
        .set_auth_uri(provider.authorize_url.clone())
        .set_token_uri(provider.token_url.clone())
        .set_auth_type(auth_type)
}

/// Starts an authorization code flow. It uses PKCE unless the provider is configured without it. A provider that does
/// not support PKCE ignores it.
pub(crate) fn authorize(jose: &Jose, request: FlowRequest<'_>) -> Result<Authorization, FlowError> {
    let FlowRequest { provider, redirect_uri, redirect_to, attempt, link } = request;
    let redirect_url = RedirectUrl::new(redirect_uri.clone()).map_err(FlowError::not_started)?;
    let random = jose.random();
    let id = random_token::<16>(random).map_err(FlowError::not_started)?;
    let verifier = PkceCodeVerifier::new(random_token::<32>(random).map_err(FlowError::not_started)?);

    let issued_at = jose.now();
    let mut state = State::new(&id, &provider.id, attempt, redirect_to, issued_at);
    state.links = link.is_some();
    let state = state.seal(jose).map_err(FlowError::not_started)?;
    let client = client(provider).set_redirect_uri(redirect_url);
    let mut url = client.authorize_url(|| CsrfToken::new(state));
    if !provider.scope.is_empty() {
        url = url.add_scope(Scope::new(provider.scope.clone()));
    }
    if provider.pkce {
        url = url.set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
    }
    for (name, value) in &provider.params {
        url = url.add_extra_param(name, value);
    }
    let (url, _) = url.url();

    let flow = Flow {
        id,
        provider: provider.id.clone(),
        code_verifier: provider.pkce.then(|| verifier.into_secret()),
        redirect_uri,
        redirect_to: redirect_to.as_str().to_owned(),
        issued_at,
        expires_at: issued_at + LIFETIME_SECONDS,
        link: link.map(SessionIdHash::text),
    };
    let sealed = seal(jose, &flow).map_err(FlowError::not_started)?;
    Ok(Authorization { url: url.into(), flow: flow.id, sealed, issued_at, max_age_seconds: LIFETIME_SECONDS })
}

/// Encrypts a flow for its cookie. A flow with a long `redirectTo` is compressed, so that even the longest one fits
/// into [`MAX_FLOW_BYTES`](crate::server::cookies::MAX_FLOW_BYTES). Compression reveals nothing about the code
/// verifier: each flow has a new one.
fn seal(jose: &Jose, flow: &Flow) -> Result<String, JoseError> {
    let json = serde_json::to_vec(flow).map_err(|_| JoseError::Encoding)?;
    let is_long = flow.redirect_to.len() > MAX_REDIRECT_TO_BYTES;
    let data = if is_long { compress_to_vec_zlib(&json, COMPRESSION_LEVEL) } else { json };
    jose.encrypt_for(Purpose::Flow, data)
}

/// Decrypts the flow in a cookie. JSON begins with a brace; compressed data does not (RFC 1950, 2.2).
fn unseal(jose: &Jose, cookie: &str) -> Result<Flow, JoseError> {
    let data = jose.decrypt_for(Purpose::Flow, cookie)?;
    let json = match data.first() {
        Some(b'{') => data,
        _ => decompress_to_vec_zlib_with_limit(&data, MAX_DECOMPRESSED_BYTES).map_err(|_| JoseError::Claims)?,
    };
    serde_json::from_slice(&json).map_err(|_| JoseError::Claims)
}

/// Returns the ids of the browser's flows that must be removed before another flow can start. These are expired and
/// unreadable flows, and the oldest ones if the others exceed `most_bytes` or [`MAX_FLOWS`]. `bytes` returns the size
/// of a cookie, given its flow's id and its value.
pub(crate) fn oldest_flows<'a>(
    jose: &Jose,
    flow_cookies: impl Iterator<Item = (&'a str, &'a str)>,
    most_bytes: usize,
    bytes: impl Fn(&str, &str) -> usize,
) -> Vec<String> {
    let now = jose.now();
    let mut flows: Vec<(i64, &str, usize)> = flow_cookies
        .map(|(id, cookie)| {
            let issued_at = match stored_flow_began_at(cookie) {
                Some(began_at) => Some(began_at).filter(|began_at| now - LIFETIME_SECONDS < *began_at),
                None => {
                    let flow = unseal(jose, cookie).ok();
                    flow.filter(|flow| flow.expires_at > now && flow.id == id).map(|flow| flow.issued_at)
                }
            };
            (issued_at.unwrap_or(i64::MIN), id, bytes(id, cookie))
        })
        .collect();
    flows.sort_unstable_by_key(|&(issued_at, id, _)| (std::cmp::Reverse(issued_at), id));
    let mut left = most_bytes;
    let fitting = flows.iter().take(MAX_FLOWS - 1).take_while(|&&(issued_at, _, bytes)| {
        let fits = issued_at != i64::MIN && bytes <= left;
        left = left.saturating_sub(bytes);
        fits
    });
    let kept = fitting.count();
    flows.into_iter().skip(kept).map(|(_, id, _)| id.to_owned()).collect()
}

/// Filters the cookies of flows and returns the flow's id and the value of each. `cookies` has the rest of each
/// cookie's name after the flow prefix, and its value. Other hosts of the site can set any number of cookies with such
/// names, so only the first [`MAX_FLOW_COOKIES`] are read. A flow's own cookie expires after ten minutes.
pub(crate) fn flow_cookies<'a>(
    cookies: impl Iterator<Item = (&'a str, &'a str)>,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let is_id =
        |id: &str| id.len() == 22 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    cookies.filter(move |(id, _)| is_id(id)).take(MAX_FLOW_COOKIES)
}

/// Returns the flow of a callback's `state`, and marks it as used. The flow must have come from its cookie in this
/// browser, or from the store by this cookie, and must be neither expired nor used.
pub(crate) fn open_flow(jose: &Jose, used_flows: &UsedFlows, state: &State, sealed: &str) -> Result<Flow, FlowError> {
    let flow = unseal(jose, sealed).map_err(FlowError::Cookie)?;
    // The cookie's name contains the flow's id, but the name is not authenticated.
    if flow.id != state.flow || flow.provider != state.provider {
        return Err(FlowError::OtherFlow);
    }
    let now = jose.now();
    if now >= flow.expires_at {
        return Err(FlowError::Expired);
    }
    if used_flows.mark(&flow.id, flow.expires_at, now) { Ok(flow) } else { Err(FlowError::Used) }
}

/// Rejects a response from another authorization server (mix-up attack, RFC 9207, 2.4).
pub(crate) fn check_issuer(provider: &Provider, iss: Option<&str>) -> Result<(), FlowError> {
    if iss.is_none_or(|iss| iss == provider.issuer) { Ok(()) } else { Err(FlowError::Issuer) }
}

/// Exchanges the authorization code for tokens (RFC 6749, 4.1.3). This is never retried, because a code may be used
/// only once.
pub(crate) async fn exchange(http: &ProviderClient, exchange: Exchange) -> Result<TokenSet, TokenError> {
    let provider = http.provider();
    let Exchange { code, flow } = exchange;
    let redirect_uri = RedirectUrl::new(flow.redirect_uri).map_err(|_| TokenError::RedirectUri)?;
    let client = client(provider).set_redirect_uri(redirect_uri);
    let mut request = client.exchange_code(code);
    if let Some(verifier) = flow.code_verifier {
        request = request.set_pkce_verifier(PkceCodeVerifier::new(verifier));
    }
    let answer = request.request_async(http).await.map_err(|error| TokenError::of(error, provider))?;
    TokenSet::read(answer, http.now()).ok_or(TokenError::NoBearerToken)
}
