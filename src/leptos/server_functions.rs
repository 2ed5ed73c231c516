//! The session's operations as server functions, for an app that would rather call one than an endpoint:
//! from actions, resources and loaders of its own, in the browser and on the server. The hooks and
//! components do not use them.
//!
//! What needs a provider's tokens is not among them: those go to the base path's `/providers` alone,
//! and a server function's path is fixed when it is compiled. The hooks have them, and
//! [`access_token`](super::access_token) is for a server function of the app's own there.

use leptos::prelude::*;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};

use crate::{AuthError, Session, SessionUpdate, SignInStarted, SignedOut};

/// What goes wrong between browser and server is one of our errors too.
impl FromServerFnError for AuthError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let error = match error {
            ServerFnErrorErr::Request(_) => Self::ServerUnreachable,
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) | ServerFnErrorErr::Deserialization(_) => {
                Self::InvalidParameters
            }
            _ => Self::ServerError,
        };
        // What can't be read is the caller's fault, and server_fn would answer 500.
        #[cfg(feature = "ssr")]
        super::request::set_status(error);
        error
    }
}

/// Starts a sign-in with a provider; see [`Api::sign_in`](crate::Api::sign_in).
///
/// Sent by a form without scripts, the answer sends the browser to the provider. Called from a
/// page's code, it says where to go.
#[server]
pub async fn sign_in(
    /// The provider's id.
    #[server(default)]
    provider: String,
    /// Where the person goes then; else back to the page that they are on.
    redirect_to: Option<String>,
) -> Result<SignInStarted, AuthError> {
    use super::request::{Request, respond};

    let request = Request::current()?;
    let options = crate::SignInOptions { redirect_to, redirect: true };
    let reply = request.auth.api().sign_in(&request.parts, &provider, &options).await;
    respond(&request, reply)
}

/// Signs out; see [`Api::sign_out`](crate::Api::sign_out).
///
/// Sent by a form without scripts, the answer sends the browser on. Called from a page's code, it
/// says where to go.
#[server]
pub async fn sign_out(
    /// A CSRF token of this session.
    #[server(default)]
    csrf_token: String,
    /// Where the person goes then; else to the front page.
    redirect_to: Option<String>,
) -> Result<SignedOut, AuthError> {
    use super::request::{Request, respond};

    let request = Request::current()?;
    let options =
        crate::SignOutOptions { redirect_to, redirect: request.is_plain_form(), form_csrf_token: Some(csrf_token) };
    let reply = request.auth.api().sign_out(&request.parts, &options).await;
    respond(&request, reply)
}

/// Who is signed in, if anybody; see [`Api::get_session`](crate::Api::get_session).
/// [`use_session`](super::use_session) is what pages want; code on the server calls
/// [`session`](fn@super::session).
#[server]
pub async fn get_session() -> Result<Option<Session>, AuthError> {
    Ok(super::request::Request::current()?.session())
}

/// A CSRF token for a form of this session; see [`Api::csrf_token`](crate::Api::csrf_token).
#[server]
pub async fn csrf_token() -> Result<String, AuthError> {
    let request = super::request::Request::current()?;
    request.auth.api().form_csrf_token(&request.parts)
}

/// Changes what people may change of themselves; see
/// [`Api::update_session`](crate::Api::update_session).
///
/// A page that calls it shows the change after
/// [`refetch`](super::SessionHandle::refetch); [`use_update_session`](super::use_update_session) does
/// that by itself.
#[server(input = leptos::server_fn::codec::Json)]
pub async fn update_session(
    /// What changes.
    update: SessionUpdate,
) -> Result<Session, AuthError> {
    use super::request::{Request, respond};
    use crate::{CsrfProof, UpdateSessionOptions};

    let request = Request::current()?;
    let options = UpdateSessionOptions { csrf: CsrfProof::Guard, ..UpdateSessionOptions::default() };
    let reply = request.auth.api().update_session(&request.parts, &update, &options).await;
    respond(&request, reply).map(|updated| updated.session)
}
