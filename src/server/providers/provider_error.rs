use std::fmt;

use http::StatusCode;
use serde_json::error::Category;
use url::{Position, Url};

use crate::server::providers::http_client::HttpError;

/// The name and URL of a provider's response, for errors.
#[derive(Debug)]
pub(crate) struct Document {
    name: &'static str,
    /// The URL without its query, which does not belong in the log.
    address: String,
}

impl Document {
    pub(crate) fn new(name: &'static str, url: &Url) -> Self {
        Self { name, address: url[..Position::AfterPath].to_owned() }
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.address)
    }
}

/// Why a provider did not identify the user.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProviderError {
    #[error("{of} could not be fetched")]
    Http {
        of: Document,
        #[source]
        source: HttpError,
    },
    #[error("the provider rejected the request for {of} (status {status})")]
    Refused { of: Document, status: StatusCode },
    #[error("{of} can't be read")]
    Unreadable {
        of: Document,
        #[source]
        source: JsonError,
    },
    #[error("{of} {why}")]
    Unusable { of: Document, why: &'static str },
    #[error("the user information has no identifier")]
    NoIdentifier,
}

/// The position of a JSON error. The text of serde's own error can contain values of the response, so it is not kept.
#[derive(Debug)]
pub(crate) struct JsonError {
    line: usize,
    column: usize,
    category: Category,
}

impl From<serde_json::Error> for JsonError {
    fn from(error: serde_json::Error) -> Self {
        Self { line: error.line(), column: error.column(), category: error.classify() }
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the JSON is not as expected ({:?})", self.category)?;
        // The mapping reads JSON that is already parsed, so its errors have no position (line 0).
        if self.line > 0 { write!(f, " at line {}, column {}", self.line, self.column) } else { Ok(()) }
    }
}

impl std::error::Error for JsonError {}
