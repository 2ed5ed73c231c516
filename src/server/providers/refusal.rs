/// The reason for an error response of the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The authorization code or the refresh token is invalid, expired or revoked.
    Grant,
    /// The provider rejected the client itself, for example its id or secret.
    Client,
    /// Any other reason.
    Other,
}

impl Refusal {
    /// Classifies the standard `error` codes of RFC 6749 (5.2).
    pub(crate) fn standard(error: &str, _description: &str) -> Self {
        match error {
            "invalid_grant" => Self::Grant,
            "invalid_client" | "unauthorized_client" => Self::Client,
            _ => Self::Other,
        }
    }
}
