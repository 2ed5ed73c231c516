use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderName, HeaderValue, StatusCode};

use crate::testing::stand_in::StandIn;
use crate::testing::stand_in::gate::Barrier;

/// An endpoint of a stand-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StandInEndpoint {
    /// The authorization endpoint.
    Authorize,
    /// The token endpoint.
    Token,
    /// The revocation endpoint.
    Revocation,
    /// The user info endpoint.
    User,
    /// The list of the user's e-mail addresses.
    Emails,
    /// Bitbucket's list of workspaces.
    Workspaces,
    /// Bitbucket's `/2.0/user/workspaces/{workspace}/permission`.
    Permission,
}

/// A fault that an endpoint shows instead of its normal response.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InjectedFault {
    /// Responds normally, but only after this time.
    Slow(Duration),
    /// Responds with status 500.
    ServerError,
    /// Responds with an HTML page and status 200.
    Html,
    /// Responds with two megabytes of JSON.
    Huge,
    /// Responds with truncated JSON.
    Truncated,
    /// Sends the beginning of a JSON response, then closes the connection.
    Broken,
    /// Sends the beginning of a JSON response, then nothing more.
    Stalled,
    /// Responds with a redirect to this URL.
    Redirect(String),
    /// Responds with this JSON and status 200.
    Json(String),
    /// Responds with this status and this JSON.
    Status(u16, String),
    /// Responds with this status, these headers and this body.
    Answer(u16, Vec<(&'static str, &'static str)>, Vec<u8>),
    /// The authorization endpoint issues a code that was already used.
    ReusedCode,
}

#[derive(Default)]
pub(super) struct InjectedFaults {
    told: [Option<InjectedFault>; 7],
    requests: [u32; 7],
    barriers: [Option<Barrier>; 7],
}

impl InjectedFaults {
    pub(super) fn set(&mut self, endpoint: StandInEndpoint, fault: Option<InjectedFault>) {
        self.told[endpoint as usize] = fault;
    }

    pub(super) fn get(&self, endpoint: StandInEndpoint) -> Option<InjectedFault> {
        self.told[endpoint as usize].clone()
    }

    pub(super) fn hold(&mut self, endpoint: StandInEndpoint, barrier: Barrier) {
        self.barriers[endpoint as usize] = Some(barrier);
    }

    /// Counts a request. Returns the barrier where it must wait, if there is one.
    fn count(&mut self, endpoint: StandInEndpoint) -> Option<Barrier> {
        self.requests[endpoint as usize] += 1;
        self.barriers[endpoint as usize].clone()
    }

    pub(super) fn requests(&self, endpoint: StandInEndpoint) -> u32 {
        self.requests[endpoint as usize]
    }
}

/// Counts a request, waits at the endpoint's gate, and returns the response of an injected fault, if there is one.
pub(in crate::testing) async fn intervene(stand_in: &StandIn, endpoint: StandInEndpoint) -> Option<Response> {
    let barrier = stand_in.store().injected_faults.count(endpoint);
    if let Some(barrier) = barrier {
        barrier.pass().await;
    }
    let fault = stand_in.store().injected_faults.get(endpoint)?;
    let answer = |status, content_type: &'static str, body: Body| {
        let mut response = Response::new(body);
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        Some(response)
    };
    match fault {
        InjectedFault::Slow(duration) => {
            tokio::time::sleep(duration).await;
            None
        }
        InjectedFault::ReusedCode => None,
        InjectedFault::ServerError => answer(StatusCode::INTERNAL_SERVER_ERROR, "text/html", "<h1>500</h1>".into()),
        InjectedFault::Html => answer(StatusCode::OK, "text/html", "<h1>Maintenance</h1>".into()),
        InjectedFault::Huge => {
            answer(StatusCode::OK, "application/json", format!("{{\"x\":\"{}\"}}", "x".repeat(2 * 1024 * 1024)).into())
        }
        InjectedFault::Truncated => answer(StatusCode::OK, "application/json", BEGINNING.into()),
        InjectedFault::Broken => answer(StatusCode::OK, "application/json", Body::new(Unfinished::new(true))),
        InjectedFault::Stalled => answer(StatusCode::OK, "application/json", Body::new(Unfinished::new(false))),
        InjectedFault::Status(status, json) => {
            answer(StatusCode::from_u16(status).ok()?, "application/json", json.into())
        }
        InjectedFault::Answer(status, headers, body) => {
            let mut response = Response::new(body.into());
            *response.status_mut() = StatusCode::from_u16(status).ok()?;
            for (name, value) in headers {
                let (name, value) = (HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?);
                response.headers_mut().insert(name, value);
            }
            Some(response)
        }
        InjectedFault::Json(json) => answer(StatusCode::OK, "application/json", json.into()),
        InjectedFault::Redirect(location) => {
            let mut response = answer(StatusCode::TEMPORARY_REDIRECT, "application/json", "{}".into())?;
            response.headers_mut().insert(LOCATION, HeaderValue::from_str(&location).ok()?);
            Some(response)
        }
    }
}

/// The beginning of a JSON response.
const BEGINNING: &str = "{\"access_token\":\"abc\",\"uuid\":\"{x";

/// A body that never ends normally: after the beginning it fails or stalls.
struct Unfinished {
    beginning: Option<Bytes>,
    breaks: bool,
}

impl Unfinished {
    fn new(breaks: bool) -> Self {
        Self { beginning: Some(Bytes::from_static(BEGINNING.as_bytes())), breaks }
    }
}

impl http_body::Body for Unfinished {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, io::Error>>> {
        match self.beginning.take() {
            Some(beginning) => Poll::Ready(Some(Ok(http_body::Frame::data(beginning)))),
            None if self.breaks => Poll::Ready(Some(Err(io::ErrorKind::BrokenPipe.into()))),
            // The client has a timeout, so nothing needs to wake this task.
            None => Poll::Pending,
        }
    }
}
