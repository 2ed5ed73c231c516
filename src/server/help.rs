use crate::AuthError;

impl AuthError {
    /// Returns what happened and how to fix it, for people who run the app and for people who write clients of it.
    /// `docs/errors.md` is generated from these texts.
    #[must_use]
    pub fn help(self) -> &'static str {
        match self {
            Self::AccessDenied => {
                "The person did not allow the app at the provider (`access_denied`). There is nothing to fix. Offer the sign-in again."
            }
            Self::SignInDenied => {
                "`on_sign_in` or `require_workspace` denied the account. If the account should be allowed, change the hook or the person's membership."
            }
            Self::ProviderRejected => {
                "The provider sent an `error` other than `access_denied` to the callback; the log has it. The usual cause is a scope or a callback URL that is not configured in the OAuth consumer."
            }
            Self::CallbackMissingParameters => {
                "The callback request has no `code` or no `state`, or has one of them twice. People should not open this URL by hand. Check the proxies that rewrite URLs."
            }
            Self::CallbackStateInvalid => {
                "`state` was not created with this server's keys. It is forged or cut off, or it is older than a change of the secret and `AURA_AUTH_SECRET_PREVIOUS` is not set."
            }
            Self::MismatchingState => {
                "The flow of this `state` was already used, or belongs to another browser. The cause is a double click or an attack. Start the sign-in again."
            }
            Self::FlowExpired => {
                "More than ten minutes passed between the start of the sign-in and the callback. Start the sign-in again. If it happens to everybody, check the server's clock."
            }
            Self::ProviderMismatch => {
                "The callback of one provider got the response to a sign-in with another provider, or `iss` names another issuer. Check `issuer(…)`. If it is right, this is an attack."
            }
            Self::FlowCookieNotFound => {
                "The browser did not send the flow's cookie. Either cookies are disabled, or the sign-in started at a host other than the callback URL's: set `AURA_AUTH_BASE_URL` to the URL that people use."
            }
            Self::TokenRefused => {
                "The token endpoint rejected the request; the log has its `error`. Check the client id and the client secret, and check that the callback URL is the one in the OAuth consumer."
            }
            Self::TokenMalformed => {
                "The response of the token endpoint has no valid bearer token. Check the token URL."
            }
            Self::UserInfoRefused => {
                "The provider rejected the request for the user info or for the person's workspaces; the log has the status. Check that the OAuth consumer has the scope `account`."
            }
            Self::UserInfoMalformed => {
                "The `profile` mapping can't read the user info; the log has the position of the error."
            }
            Self::UserInfoIncomplete => {
                "The `profile` mapping returned a user without `sub`. Map the provider's stable identifier to `sub`."
            }
            Self::ProviderContentType => {
                "The provider's response is not JSON, often because it is a maintenance page, or it is compressed although the request did not ask for that. The log has the details. Wait, or check the URL and the proxies between this server and the provider."
            }
            Self::ProviderUnreachable => {
                "The provider can't be reached, redirects, sends too much data, or responds that it is down or busy (429, 502, 503, 504); the log has the details. Check whether the server can connect to the provider, and check the provider's status page."
            }
            Self::ProviderTimeout => "The provider took longer than ten seconds. Wait, and check its status page.",
            Self::ProviderNotConnected => {
                "The session has no tokens of this provider: the provider was disconnected, or the configuration discards tokens. Offer the sign-in again."
            }
            Self::ProviderTokensNotSent => {
                "The session has tokens of this provider, but browsers send their cookies only to paths under `{base_path}/providers`. Give the server function `prefix = \"/auth/providers\"` (with your base path), and call it from the browser. The request that loads a page does not have these cookies."
            }
            Self::AccessTokenExpired => {
                "The access token has expired, and the provider issued no refresh token. The person must sign in again."
            }
            Self::RefreshTokenDead => {
                "The provider no longer accepts the refresh token, because it expired or the person removed the app. The provider was disconnected from the session. The person must sign in again."
            }
            Self::RevocationUnsupported => {
                "The provider does not document how to revoke tokens (Bitbucket does not), so the library did not try. Disconnect the provider, or set `revoke_url(…)` if the provider has a revocation endpoint."
            }
            Self::RevocationFailed => {
                "The response of the revocation endpoint was not a success; the log has its status. The session keeps the tokens, so that you can try again."
            }
            Self::AccountMismatch => {
                "The person is already signed in with another provider or account. Sign out first, or link the account with `use_link_account` or `link_account`."
            }
            Self::RateLimited => {
                "One IP address sent more requests than its limit allows. Wait as long as `Retry-After` says. If people reach the limit in normal use, raise it with `rate_limits(…)`. Behind a proxy, set `AURA_AUTH_TRUSTED_PROXIES`, because otherwise all people share one address."
            }
            Self::ProviderBusy => {
                "The limit of calls to the provider per hour is used up. Either somebody sends forged codes (look for `sign_in.failed` and `failedExchange` in the log), or more people sign in than the limit allows. `Retry-After` says when calls are possible again. If the provider allows more, raise the limit with `RateLimits::provider_calls(…)`."
            }
            Self::SessionNotFound => "The request has no session cookie. Sign in.",
            Self::SessionExpired => {
                "The session has ended: it expired, the person signed out in this browser, or `on_session` ended it. Sign in again."
            }
            Self::SessionInvalid => {
                "The session cookie was not created with this server's keys, mode, issuer and audience. Servers of the same host must have the same `AURA_AUTH_SECRET` and `AURA_AUTH_SALT`."
            }
            Self::SessionNotPinned => {
                "This server created the session cookie, but its `__Host-` pin is missing or belongs to another session, or the request has more than eight session cookies. Either another host under the same domain has set the cookie, or a release or a server without pins has created the session (see `AURA_AUTH_TYPESCRIPT_SESSIONS`). Sign in again."
            }
            Self::UpdateSessionInvalid => {
                "A field is not in `editable(…)`, a value is not allowed for its field, or `expires` is in the past or later than the present end. See `Api::update_session`."
            }
            Self::StoreUnavailable => {
                "The database of the sessions did not answer, or not in time; the log has the cause. Check that it runs and can be reached. Cookies stay as they are, and everything works again when the database does."
            }
            Self::SessionsNotStored => {
                "The app's sessions are in cookies, so nobody can list them or end one of another browser. Set a store: see `AuthBuilder::store`."
            }
            Self::ActiveSessionNotFound => {
                "The id in the request is not the id of a session of the signed-in person, or this session has ended already. The response is the same if the session belongs to another person. Get the ids from `GET {base_path}/sessions`."
            }
            Self::SealFailed => {
                "A token could not be created; the log has the cause. The usual cause is that the operating system returned no random bytes."
            }
            Self::CookieTooLarge => {
                "The provider's tokens do not fit into eight cookies, or the user info does not fit into a page's cookies; the log has the size. Discard the tokens, or map less of the user info."
            }
            Self::SessionTooLarge => {
                "With the claims or the `sub` from the app's `on_sign_in` or `profile` mapping, the session does not fit into a page's cookies. Its cookie may have up to 4.75 KB, which is about 2,000 bytes of claims. The log has the size. Store the data in the app's own database, by `sub`."
            }
            Self::ReservedClaim => {
                "The app's `on_sign_in` or `profile` mapping has set a claim that the session itself uses; the log has its name. Give the claim another name."
            }
            Self::CsrfTokenMissing => {
                "The request changes something, but has no CSRF cookie or has an empty form field for the CSRF token. Send `GET {base_path}/csrfToken` first, with credentials."
            }
            Self::CsrfTokenMismatch => {
                "The CSRF header and the CSRF cookie have different tokens. Send `GET {base_path}/csrfToken` directly before the change."
            }
            Self::CsrfDoubleSubmitFailed => {
                "The header `X-CSRF-Token` is missing or is not text. Send the token from the response of `GET {base_path}/csrfToken`."
            }
            Self::InvalidCsrfToken => {
                "The CSRF token is forged, too old, or belongs to another session, for example the one before the sign-in. Request a new token, or reload the page."
            }
            Self::CsrfOriginRejected => {
                "A page of another site sent the request. If all pages of that site may act for the person, add its origin to `AURA_AUTH_REQUEST_ORIGINS`. The server functions of this crate reject the request even then."
            }
            Self::InvalidTrustedOrigin => {
                "The origin in the proxy's forwarding headers is not in `AURA_AUTH_TRUSTED_ORIGINS`, or `Forwarded` and `X-Forwarded-*` contradict each other. Correct the list, or configure the proxy to remove the header that it does not set."
            }
            Self::MalformedForwardedHeader => {
                "`Forwarded` does not follow RFC 7239, or `X-Forwarded-For`, `-Host` or `-Proto` is not a list of addresses, hosts or schemes; the log has the header's name. Either the client sent the header, or a proxy sets it wrongly. Configure the outermost proxy to replace the headers of clients."
            }
            Self::MisdirectedRequest => {
                "This server does not serve the host in `Host`; the log has the host. The server serves the host of `AURA_AUTH_BASE_URL`, those of `AURA_AUTH_ALLOWED_HOSTS`, and loopback hosts. Without `AURA_AUTH_BASE_URL` it serves only loopback hosts. Add the host, or configure the proxy to forward the host that the browser requested."
            }
            Self::OriginUnknown => {
                "Code on the server needs a URL of the app, but neither the configuration nor a request says the app's origin. Set `AURA_AUTH_BASE_URL`, or pass the request."
            }
            Self::InvalidRequestTarget => {
                "The request line has a host or `*` in place of a path (RFC 9112, 3.2.3 and 3.2.4), but the method is not `CONNECT` or `OPTIONS`. Browsers do not send this, so look for a scanner or a broken proxy. Or the query has more than 1,000 parameters, which Leptos would take seconds to read: send them in a body."
            }
            Self::NotFound => "No endpoint has this path. The paths of endpoints do not end with a slash.",
            Self::MethodNotAllowed => "The endpoint supports other methods; the header `Allow` lists them.",
            Self::MalformedBody => {
                "The body is not a form or a JSON object as the endpoint needs it, or it is incomplete. Correct the body."
            }
            Self::ContentTooLarge => {
                "The body of a request to an endpoint or to a server function of the library is larger than 16 KB. No endpoint needs more. Send less."
            }
            Self::InvalidParameters => {
                "A parameter or the provider's id is missing, is there twice, or is not allowed: correct the URL. Or a browser requested a sign-in before a click (prefetch, prerender) or as an image, a script or the like: such a request starts no sign-in."
            }
            Self::ServerError => {
                "The server or one of the app's hooks failed; the log has the cause under the same code."
            }
            Self::ServerUnreachable => {
                "The browser could not reach the app's server: there is no network, or the server is down. Only code in pages gets this error."
            }
        }
    }
}
