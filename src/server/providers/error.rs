use std::fmt;

use http::StatusCode;
use serde_json::error::Category;
use url::{Position, Url};

use crate::server::providers::http_client::HttpError;

/// What was asked of a provider, as errors name it.
#[derive(Debug)]
pub(crate) struct Document {
    name: &'static str,
    /// Without the query, which is nothing for the log.
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

/// Why a provider did not say who a person is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProviderError {
    #[error("{of} could not be fetched")]
    Http {
        of: Document,
        #[source]
        source: HttpError,
    },
    #[error("{of} was refused with status {status}")]
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

/// Where JSON could not be read. The text of serde's own error can hold what was read.
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
        write!(f, "JSON of the wrong kind ({:?})", self.category)?;
        // What has been parsed once is read by the mapping without its lines.
        if self.line > 0 { write!(f, " at line {}, column {}", self.line, self.column) } else { Ok(()) }
    }
}

impl std::error::Error for JsonError {}
