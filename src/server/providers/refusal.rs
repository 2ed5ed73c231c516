/// What a refusal of the token endpoint is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The code or the refresh token is not good, or not any more.
    Grant,
    /// The provider does not know this app by its id and secret.
    Client,
    /// Something else.
    Other,
}

impl Refusal {
    /// By the `error` of an answer, as RFC 6749 (5.2) has it.
    pub(crate) fn standard(error: &str, _description: &str) -> Self {
        match error {
            "invalid_grant" => Self::Grant,
            "invalid_client" | "unauthorized_client" => Self::Client,
            _ => Self::Other,
        }
    }
}
