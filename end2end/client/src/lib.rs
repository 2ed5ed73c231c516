//! `AuthClient` for a page's script. Each function sends one request and returns text.
#![cfg(feature = "hydrate")]
#![allow(missing_docs, reason = "for one test")]

use aura_auth::{AuthClient, RedirectOptions, SessionUpdate};
use wasm_bindgen::prelude::wasm_bindgen;

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[wasm_bindgen]
pub async fn sign_in(
    base_url: String,
    provider: String,
    redirect_to: String,
    redirect: bool,
) -> Result<String, String> {
    let options = RedirectOptions::default().redirect_to(redirect_to).redirect(redirect);
    let client = AuthClient::new(&base_url).map_err(text)?;
    client.sign_in(&provider, &options).await.map(|started| started.sign_in_url).map_err(text)
}

#[wasm_bindgen]
pub async fn get_session(base_url: String) -> Result<String, String> {
    let session = AuthClient::new(&base_url).map_err(text)?.get_session().await.map_err(text)?;
    serde_json::to_string(&session).map_err(text)
}

#[wasm_bindgen]
pub async fn rename(base_url: String, name: String) -> Result<Option<String>, String> {
    let update = SessionUpdate::default().set("name", name.as_str());
    let session = AuthClient::new(&base_url).map_err(text)?.update_session(&update).await.map_err(text)?;
    Ok(session.user.name)
}

#[wasm_bindgen]
pub async fn access_token(base_url: String, provider: String) -> Result<String, String> {
    let tokens = AuthClient::new(&base_url).map_err(text)?.provider_tokens(&provider).await.map_err(text)?;
    Ok(tokens.access_token.expose().to_owned())
}

#[wasm_bindgen]
pub async fn sign_out(base_url: String, redirect_to: String) -> Result<Option<String>, String> {
    let client = AuthClient::new(&base_url).map_err(text)?;
    client.sign_out(Some(&redirect_to)).await.map(|signed_out| signed_out.redirect_url).map_err(text)
}
