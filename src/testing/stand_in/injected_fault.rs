use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderName, HeaderValue, StatusCode};

use super::StandIn;
use super::gate::Barrier;

/// An endpoint of a stand-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StandInEndpoint {
    /// The authorization endpoint.
    Authorize,
    /// The token endpoint.
    Token,
    /// Where tokens are revoked.
    Revocation,
    /// The description of the person.
    User,
    /// The list of the person's e-mail addresses.
    Emails,
    /// Bitbucket's list of workspaces.
    Workspaces,
    /// Bitbucket's `/2.0/user/workspaces/{workspace}/permission`.
    Permission,
}

/// What an endpoint does instead of its work.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InjectedFault {
    /// Answers, but after a while.
    Slow(Duration),
    /// Answers 500.
    ServerError,
    /// Answers with a page, and 200.
    Html,
    /// Answers with two megabytes of JSON.
    Huge,
    /// Answers with half of its JSON.
    Truncated,
    /// Begins to answer with JSON, and closes the connection within it.
    Broken,
    /// Begins to answer with JSON, and sends no more.
    Stalled,
    /// Answers with a redirect to this address.
    Redirect(String),
    /// Answers with this JSON, and 200.
    Json(String),
    /// Answers with this status, and this JSON.
    Status(u16, String),
    /// Answers with this status, these headers and this body.
    Answer(u16, Vec<(&'static str, &'static str)>, Vec<u8>),
    /// The authorization endpoint gives out a code that was used already.
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

    /// Counts a request; where it has to wait.
    fn count(&mut self, endpoint: StandInEndpoint) -> Option<Barrier> {
        self.requests[endpoint as usize] += 1;
        self.barriers[endpoint as usize].clone()
    }

    pub(super) fn requests(&self, endpoint: StandInEndpoint) -> u32 {
        self.requests[endpoint as usize]
    }
}

/// Counts a request, holds it at a gate, and answers it if the endpoint was told to misbehave.
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

/// Half an answer.
const BEGINNING: &str = "{\"access_token\":\"abc\",\"uuid\":\"{x";

/// A body that begins and has no end.
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
            // Whoever waits has a time limit.
            None => Poll::Pending,
        }
    }
}
