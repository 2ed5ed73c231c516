/// An action that has a rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitedAction {
    /// Starting a sign-in.
    SignIn,
    /// Completing a sign-in (the callback).
    Callback,
    /// Asking for a CSRF token.
    CsrfToken,
    /// Changing the session.
    UpdateSession,
    /// Asking for a provider's tokens.
    GetProviderTokens,
    /// Refreshing the user's profile from the provider.
    RefreshUserInfo,
    /// Revoking a provider's tokens, or disconnecting it.
    RevokeToken,
    /// Reading the session (`GET {base path}/session`).
    GetSession,
    /// Reading where one is signed in (`GET {base path}/sessions`).
    GetSessions,
    /// Ending one of one's sessions, or all others.
    EndSessions,
    /// Signing out.
    SignOut,
    /// Calling a server function of this library. This counts in addition to what the function does.
    ServerFunction,
    /// Coming back with an authorization code that the provider rejects. Only failures count. They are counted in this
    /// process's memory, and not in the [store](crate::RateLimits::store), because the limit must be checked before the
    /// provider is asked, when the result is not known yet.
    FailedExchange,
}

impl LimitedAction {
    pub(super) const ALL: [Self; 13] = [
        Self::SignIn,
        Self::Callback,
        Self::CsrfToken,
        Self::UpdateSession,
        Self::GetProviderTokens,
        Self::RefreshUserInfo,
        Self::RevokeToken,
        Self::GetSession,
        Self::GetSessions,
        Self::EndSessions,
        Self::SignOut,
        Self::ServerFunction,
        Self::FailedExchange,
    ];

    /// Whether processes that share a store of sessions count this action together. The other limits only protect each
    /// process from overload, and reading a session should not write into the store.
    pub(super) fn is_shared(self) -> bool {
        match self {
            Self::SignIn | Self::Callback | Self::UpdateSession | Self::RefreshUserInfo | Self::RevokeToken => true,
            Self::EndSessions => true,
            Self::CsrfToken | Self::GetProviderTokens | Self::GetSession | Self::GetSessions => false,
            Self::SignOut | Self::ServerFunction | Self::FailedExchange => false,
        }
    }

    /// Returns the name in keys, events and metrics, like `signIn`.
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
            Self::GetSessions => "getSessions",
            Self::EndSessions => "endSessions",
            Self::SignOut => "signOut",
            Self::ServerFunction => "serverFunction",
            Self::FailedExchange => "failedExchange",
        }
    }
}
