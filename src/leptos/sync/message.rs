use serde::{Deserialize, Serialize};

use crate::Session;

/// A message between tabs through the `BroadcastChannel`. The field names `type` and `payload` are the TypeScript
/// release's, so its pages and ours understand each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct TabMessage {
    #[serde(rename = "type")]
    kind: MessageKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payload: Option<Session>,
    /// The time of the sender's newest confirmed state, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<f64>,
    /// Whether the sender's page was just opened. A tab with newer information answers.
    #[serde(default)]
    hello: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum MessageKind {
    #[serde(rename = "session:update")]
    Update,
    #[serde(rename = "session:clear")]
    Clear,
    /// A request of the TypeScript release to fetch the session from the server.
    #[serde(rename = "session:sync")]
    Sync,
}

/// The state of the session in a message.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct News {
    pub(super) session: Option<Session>,
    pub(super) at: Option<f64>,
    pub(super) hello: bool,
}

impl TabMessage {
    pub(super) fn session(session: Option<Session>, at: f64, hello: bool) -> Self {
        let kind = if session.is_some() { MessageKind::Update } else { MessageKind::Clear };
        Self { kind, payload: session, at: Some(at), hello }
    }

    /// Whether the sender asks this page to fetch the session from the server.
    pub(super) fn is_sync(&self) -> bool {
        self.kind == MessageKind::Sync
    }

    /// Returns the state in the message, or `None` if the message has another purpose or contradicts itself.
    pub(super) fn news(self) -> Option<News> {
        let Self { kind, payload: session, at, hello } = self;
        let expected = if session.is_some() { MessageKind::Update } else { MessageKind::Clear };
        (kind == expected).then_some(News { session, at, hello })
    }
}
