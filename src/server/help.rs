use crate::AuthError;

impl AuthError {
    /// Returns what happened and how to fix it, for people who run the app and for people who write clients of it.
    /// `docs/errors.md` is generated from these texts.
    #[must_use]
    pub fn help(self) -> &'static str {
        match self {
            Self::AccessDenied => {
                "The person chose not to allow the app at the provider (`access_denied`). Nothing to mend; offer the sign-in again."
            }
            Self::SignInDenied => {
                "`on_sign_in` or `require_workspace` refused the account. The reason is the app's own; change the hook, or the person's membership."
            }
            Self::ProviderRejected => {
                "The provider sent another `error` than `access_denied` to the callback; the log names it. Usually a scope or a callback URL that the consumer does not have."
            }
            Self::CallbackMissingParameters => {
                "The callback was called without `code` or `state`, or with one of them twice. Nobody should open it by hand; check what rewrites URLs in front."
            }
            Self::CallbackStateInvalid => {
                "`state` was not made with this server's keys: it was made up, cut off, or is from before the secret changed without `AURA_AUTH_SECRET_PREVIOUS`."
            }
            Self::MismatchingState => {
                "The flow of this `state` was used already, or is another browser's. A double click or an attack; starting again helps."
            }
            Self::FlowExpired => {
                "More than ten minutes passed between start and callback. Starting again helps; check the server's clock if it happens to all."
            }
            Self::ProviderMismatch => {
                "The callback of one provider got the answer to a sign-in with another, or `iss` names another issuer. Check `issuer(…)`; otherwise an attack."
            }
            Self::FlowCookieNotFound => {
                "The browser did not send the flow's cookie back. Cookies are off, or the sign-in began under another host than the callback URL's: set `AURA_AUTH_BASE_URL` to the address that people use."
            }
            Self::TokenRefused => {
                "The token endpoint refused; the log has its `error`. Check client id and secret, and that the callback URL is the consumer's."
            }
            Self::TokenMalformed => {
                "The token endpoint's answer has no bearer token that can be read. Check the token URL."
            }
            Self::UserInfoRefused => {
                "The provider refused to describe the person, or their workspaces; the log has the status. Check that the consumer has the scope `account`."
            }
            Self::UserInfoMalformed => {
                "The description of the person can't be read by the `profile` mapping; the log says where it broke."
            }
            Self::UserInfoIncomplete => {
                "The `profile` mapping gave a user without `sub`. Map the provider's stable identifier."
            }
            Self::ProviderContentType => {
                "The provider answered with something other than JSON, often a maintenance page, or with a compressed answer, which is not asked for. The log says which. Wait, or check the URL and the proxies on the way."
            }
            Self::ProviderUnreachable => {
                "The provider can't be reached, redirects, sends too much, or answers that it is down or busy (429, 502, 503, 504); the log says which. Check the network out of the server, and the provider's status page."
            }
            Self::ProviderTimeout => "The provider took longer than ten seconds. Wait, and look at its status page.",
            Self::ProviderNotConnected => {
                "The session has no tokens of this provider: it was disconnected, or tokens are discarded. Offer the sign-in again."
            }
            Self::ProviderTokensNotSent => {
                "The session has tokens of this provider, but their cookies go only to addresses under `{base_path}/providers`. Give the server function `prefix = \"/auth/providers\"` (your base path), and call it from the browser: a page's own request does not have them."
            }
            Self::AccessTokenExpired => {
                "The access token has ended and the provider gave no refresh token. The person signs in again."
            }
            Self::RefreshTokenDead => {
                "The provider does not take the refresh token any more: it lapsed, or the person removed the app. The provider was disconnected; the person signs in again."
            }
            Self::RevocationUnsupported => {
                "The provider documents no revocation (Bitbucket does not), so none was tried. Disconnect, or set `revoke_url(…)` where there is one."
            }
            Self::RevocationFailed => {
                "The revocation endpoint did not answer with success; the log has its status. The tokens were kept, so that it can be tried again."
            }
            Self::AccountMismatch => {
                "Somebody is signed in with another provider or account. Sign out first, or link the account by `use_link_account` or `link_account`."
            }
            Self::RateLimited => {
                "One address asked more often than its limit. Wait for `Retry-After`; raise the limit by `rate_limits(…)` if real people meet it. Behind a proxy set `AURA_AUTH_TRUSTED_PROXIES`, or all people are one address."
            }
            Self::ProviderBusy => {
                "The calls that the provider gets in an hour are used up: by codes that somebody makes up (look for `sign_in.failed` and `failedExchange` in the log), or by more people than they are enough for. `Retry-After` says when there are some again; raise them by `RateLimits::provider_calls(…)` if the provider allows more."
            }
            Self::SessionNotFound => "The request has no session cookie. Sign in.",
            Self::SessionExpired => {
                "The session has ended: by its age, by a sign-out in this browser, or by `on_session`. Sign in again."
            }
            Self::SessionInvalid => {
                "The session cookie was not made with this server's keys, mode, issuer and audience. Servers that share a name must share `AURA_AUTH_SECRET` and `AURA_AUTH_SALT`."
            }
            Self::SessionNotPinned => {
                "The session cookie is one of this server's, but the `__Host-` pin that goes with it is missing or names another session, or more than eight session cookies came. Either another host under the same domain has set the cookie, or the session is from a release or a server that sets no pin (see `AURA_AUTH_TYPESCRIPT_SESSIONS`). Sign in again."
            }
            Self::UpdateSessionInvalid => {
                "A field is not in `editable(…)`, a value is not allowed for it, or `expires` is past or later than now. See `Api::update_session`."
            }
            Self::SealFailed => {
                "A token could not be made; the log has the cause. Usually the system gave no randomness."
            }
            Self::CookieTooLarge => {
                "The provider's tokens are larger than eight cookies, or its description of the person does not fit into a page's cookies; the log has the size. Discard the tokens, or map less of the profile."
            }
            Self::SessionTooLarge => {
                "With the claims or the `sub` that the app's `on_sign_in` or `profile` mapping has added, the session does not fit into a page's cookies: its cookie may have 4.75 KB, some 2,000 bytes of claims. The log has the size. Keep them in a database of the app's own, by `sub`."
            }
            Self::ReservedClaim => {
                "The app's `on_sign_in` or `profile` mapping has set a claim of a name that the session itself uses; the log has the name. Give the claim another name."
            }
            Self::CsrfTokenMissing => {
                "A change was asked for without a CSRF cookie, or with an empty form field. Ask `GET {base_path}/csrfToken` first, with credentials."
            }
            Self::CsrfTokenMismatch => {
                "Header and cookie hold different CSRF tokens. Ask `GET {base_path}/csrfToken` right before the change."
            }
            Self::CsrfDoubleSubmitFailed => {
                "The header `X-CSRF-Token` is missing, or is no text. Send the token that `GET {base_path}/csrfToken` gave."
            }
            Self::InvalidCsrfToken => {
                "The CSRF token is forged, too old, or of another session, such as from before the sign-in. Ask for a new one, or reload the page."
            }
            Self::CsrfOriginRejected => {
                "Another site's page sent the request. If all of that site's pages may act for the person, list it in `AURA_AUTH_REQUEST_ORIGINS`; this crate's server functions refuse it even then."
            }
            Self::InvalidTrustedOrigin => {
                "What the proxy says of the origin is not in `AURA_AUTH_TRUSTED_ORIGINS`, or `Forwarded` and `X-Forwarded-*` contradict each other. Correct the list, or have the proxy drop the header that it does not write."
            }
            Self::MalformedForwardedHeader => {
                "`Forwarded` does not follow RFC 7239, or `X-Forwarded-For`, `-Host` or `-Proto` is not a list of addresses, hosts or schemes; the log names the header. The client sent it like this, or a proxy writes it wrong. Have the outermost proxy replace what clients send."
            }
            Self::MisdirectedRequest => {
                "The `Host` is not one that this server answers for: it answers for the one of `AURA_AUTH_BASE_URL`, those of `AURA_AUTH_ALLOWED_HOSTS`, and loopback; without `AURA_AUTH_BASE_URL` for loopback alone. The log names the host. Add it, or have the proxy pass the host on that browsers ask for."
            }
            Self::OriginUnknown => {
                "Code on the server asked for an address of the app, and neither configuration nor request says what it is. Set `AURA_AUTH_BASE_URL`, or pass the request."
            }
            Self::InvalidRequestTarget => {
                "The first line of the request names a host or `*` in place of a path (RFC 9112, 3.2.3 and 3.2.4), and the method is not `CONNECT` or `OPTIONS`. No browser sends that; look for a scanner or a broken proxy. Or its query has more than 1,000 parameters, which Leptos would take seconds to read: send them in a body."
            }
            Self::NotFound => "No endpoint has this path. Paths have no slash at their end.",
            Self::MethodNotAllowed => "The endpoint takes another method; the header `Allow` says which.",
            Self::MalformedBody => "The body is no JSON object, or no form, or is too large. Correct it.",
            Self::ContentTooLarge => {
                "The body of a request to an endpoint or to a server function of the library is larger than 16 KB, which is more than any of them needs. Send less."
            }
            Self::InvalidParameters => {
                "A parameter or the provider's id is missing, there twice, or not allowed. Correct the address. Or a browser asked for a sign-in ahead of a click (prefetch, prerender) or as an image, script or the like, which begins none."
            }
            Self::ServerError => {
                "A fault of the server or of the app's hooks; the log has the cause under the same code."
            }
            Self::ServerUnreachable => {
                "The browser could not reach the app's server: no network, or the server is down. Only page code sees this one."
            }
        }
    }
}
