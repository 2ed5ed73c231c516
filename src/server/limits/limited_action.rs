/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitedAction {
    /// Starting a sign-in.
    SignIn,
    /// Ending one.
    Callback,
    /// Asking for a CSRF token.
    CsrfToken,
    /// Changing the session.
    UpdateSession,
    /// Asking for a provider's tokens.
    GetProviderTokens,
    /// Asking the provider anew who the person is.
    RefreshUserInfo,
    /// Revoking a provider's tokens, or disconnecting it.
    RevokeToken,
    /// Asking who is signed in (`GET {base path}/session`).
    GetSession,
    /// Signing out.
    SignOut,
    /// Calling a server function of this library's, beside what it does.
    ServerFunction,
    /// Coming back with a code that the provider refuses. Only what fails counts, and it is counted in
    /// this process's memory, not in the [store](crate::RateLimits::store): it must be known before the
    /// provider is asked what will come of it.
    FailedExchange,
}

impl LimitedAction {
    pub(super) const ALL: [Self; 11] = [
        Self::SignIn,
        Self::Callback,
        Self::CsrfToken,
        Self::UpdateSession,
        Self::GetProviderTokens,
        Self::RefreshUserInfo,
        Self::RevokeToken,
        Self::GetSession,
        Self::SignOut,
        Self::ServerFunction,
        Self::FailedExchange,
    ];

    /// The name in keys, events and metrics, like `signIn`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "signIn",
            Self::Callback => "callback",
            Self::CsrfToken => "csrfToken",
            Self::UpdateSession => "updateSession",
            Self::GetProviderTokens => "getProviderTokens",
            Self::RefreshUserInfo => "refreshUserInfo",
            Self::RevokeToken => "revokeToken",
            Self::GetSession => "getSession",
            Self::SignOut => "signOut",
            Self::ServerFunction => "serverFunction",
            Self::FailedExchange => "failedExchange",
        }
    }
}
