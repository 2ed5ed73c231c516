use serde::{Deserialize, Serialize};

use crate::Session;

/// What tabs tell each other through the `BroadcastChannel`. The TypeScript release has `type` and
/// `payload`, so its pages and ours understand each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct TabMessage {
    #[serde(rename = "type")]
    kind: MessageKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payload: Option<Session>,
    /// The time as of which the sender knows it, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<f64>,
    /// The sender's page has just been opened; a tab that knows better answers.
    #[serde(default)]
    hello: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum MessageKind {
    #[serde(rename = "session:update")]
    Update,
    #[serde(rename = "session:clear")]
    Clear,
    /// The TypeScript release's request to ask the server.
    #[serde(rename = "session:sync")]
    Sync,
}

/// What a message says of the session.
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

    /// Whether the sender wants the server to be asked.
    pub(super) fn is_sync(&self) -> bool {
        self.kind == MessageKind::Sync
    }

    /// None if the message is about something else, or contradicts itself.
    pub(super) fn news(self) -> Option<News> {
        let Self { kind, payload: session, at, hello } = self;
        let expected = if session.is_some() { MessageKind::Update } else { MessageKind::Clear };
        (kind == expected).then_some(News { session, at, hello })
    }
}
