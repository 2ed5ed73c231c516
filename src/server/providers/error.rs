use std::fmt;

use http::StatusCode;
use serde_json::error::Category;

use crate::server::providers::http_client::HttpError;

/// Why a provider did not say who a person is. `of` names what was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProviderError {
    #[error("{of} could not be fetched")]
    Http {
        of: &'static str,
        #[source]
        source: HttpError,
    },
    #[error("{of} was refused with status {status}")]
    Refused { of: &'static str, status: StatusCode },
    #[error("{of} can't be read")]
    Unreadable {
        of: &'static str,
        #[source]
        source: JsonError,
    },
    #[error("{of} {why}")]
    Unusable { of: &'static str, why: &'static str },
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
        write!(f, "JSON of the wrong kind ({:?}) at line {}, column {}", self.category, self.line, self.column)
    }
}

impl std::error::Error for JsonError {}
