//! The client that a page uses to call our server functions: `server_fn`'s own client with additions for the session.

#[cfg(feature = "ssr")]
pub use leptos::server_fn::client::browser::BrowserClient as PageClient;

#[cfg(not(feature = "ssr"))]
pub use self::in_page::PageClient;
#[cfg(not(feature = "ssr"))]
pub(in crate::leptos) use self::in_page::sleep;

#[cfg(not(feature = "ssr"))]
mod in_page {
    use std::future::Future;
    use std::time::Duration;

    use futures::channel::oneshot;
    use futures::future::{Either, select};
    use futures::{Sink, Stream};
    use js_sys::encode_uri_component;
    use leptos::prelude::{set_timeout, use_context};
    use leptos::server_fn::Bytes;
    use leptos::server_fn::client::Client;
    use leptos::server_fn::client::browser::BrowserClient;
    use leptos::server_fn::error::{FromServerFnError as _, ServerFnErrorErr};
    use leptos::server_fn::request::ClientReq;
    use leptos::server_fn::request::browser::BrowserRequest;
    use leptos::server_fn::response::ClientRes;
    use send_wrapper::SendWrapper;
    use serde_json::Value;
    use web_sys::{Url, UrlSearchParams};

    use crate::AuthError;
    use crate::client::is_gateway;
    use crate::leptos::SessionResource;
    use crate::operation::TOKEN_FUNCTION_PREFIX;
    use crate::session::SUBJECT_HEADER;

    /// The time limit of a request. This is longer than the server's limit for a provider (10 s).
    const TIMEOUT: Duration = Duration::from_secs(15);
    /// Functions that do not change the session. They are not queued, and their requests do not name a person.
    const UNQUEUED: [&str; 2] = ["get_session", "sign_in"];

    /// Calls the server functions of this library. It does more than Leptos' own client:
    ///
    /// - It sends the identifier of the person that the page shows. If another person has signed in since, the server
    ///   rejects the request.
    /// - It sends requests that change the session one after the other.
    /// - It aborts a request after 15 seconds.
    /// - It recognizes the response of a gateway that can't reach the server.
    /// - If the server rejects a request because of the session, the page fetches the session again.
    /// - If the base path is not `/auth`, it calls the endpoints in place of the server functions that need provider
    ///   tokens.
    #[derive(Debug)]
    pub struct PageClient;

    impl Client<AuthError> for PageClient {
        type Request = BrowserRequest;
        type Response = PageResponse;

        fn send(request: BrowserRequest) -> impl Future<Output = Result<PageResponse, AuthError>> + Send {
            SendWrapper::new(async move {
                // There is no session resource if the app calls a server function outside of its components.
                let session: Option<SessionResource> = use_context();
                let path = Url::new(&request.url()).map(|url| url.pathname()).unwrap_or_default();
                let function = path.rsplit('/').next().unwrap_or_default().to_owned();
                let is_queued = !UNQUEUED.contains(&&*function);
                let permit = match session {
                    Some(session) if is_queued => session.sync().mutation_permit().await,
                    _ => None,
                };
                let answer = match session {
                    Some(session) if path.starts_with(TOKEN_FUNCTION_PREFIX) && !is_default_base_path(session) => {
                        let base_path = session.settings(|settings| settings.base_path.clone());
                        ask_endpoint(&base_path, &function, request).await
                    }
                    _ => {
                        if let Some(subject) = session.filter(|_| is_queued).and_then(subject) {
                            request.headers().set(SUBJECT_HEADER, &subject);
                        }
                        exchange(request).await
                    }
                };
                drop(permit);
                if let Some(session) = session
                    && is_queued
                    && is_refusal(&answer)
                {
                    session.sync().refused();
                }
                answer
            })
        }

        fn open_websocket(
            path: &str,
        ) -> impl Future<
            Output = Result<
                (impl Stream<Item = Result<Bytes, Bytes>> + Send + 'static, impl Sink<Bytes> + Send + 'static),
                AuthError,
            >,
        > + Send {
            <BrowserClient as Client<AuthError>>::open_websocket(path)
        }

        fn spawn(future: impl Future<Output = ()> + Send + 'static) {
            <BrowserClient as Client<AuthError>>::spawn(future);
        }
    }

    /// The response of a server function, or of the endpoint that was called in its place.
    #[expect(missing_debug_implementations, reason = "it may have tokens in it, and nothing prints it")]
    pub struct PageResponse {
        status: u16,
        body: Bytes,
    }

    impl ClientRes<AuthError> for PageResponse {
        async fn try_into_string(self) -> Result<String, AuthError> {
            String::from_utf8(self.body.into()).map_err(|_| AuthError::ServerError)
        }

        async fn try_into_bytes(self) -> Result<Bytes, AuthError> {
            Ok(self.body)
        }

        fn try_into_stream(
            self,
        ) -> Result<impl Stream<Item = Result<Bytes, Bytes>> + Send + Sync + 'static, AuthError> {
            // None of our server functions streams.
            Err::<futures::stream::Empty<_>, _>(AuthError::ServerError)
        }

        fn status(&self) -> u16 {
            self.status
        }

        fn status_text(&self) -> String {
            String::new()
        }

        fn location(&self) -> String {
            String::new()
        }

        fn has_redirect(&self) -> bool {
            false
        }
    }

    /// Returns the identifier of the person that the page shows, encoded for the header.
    fn subject(session: SessionResource) -> Option<String> {
        leptos::prelude::untrack(|| session.subject()).map(|subject| String::from(encode_uri_component(&subject)))
    }

    fn is_default_base_path(session: SessionResource) -> bool {
        session.settings(|settings| TOKEN_FUNCTION_PREFIX.starts_with(&format!("{}/providers/", settings.base_path)))
    }

    fn is_refusal(answer: &Result<PageResponse, AuthError>) -> bool {
        match answer {
            Ok(response) => matches!(response.status(), 401 | 403),
            Err(error) => matches!(error.status(), 401 | 403),
        }
    }

    /// Calls the endpoint that does the same as a server function. Returns the function's value in JSON, or the
    /// endpoint's error.
    async fn ask_endpoint(base_path: &str, function: &str, request: BrowserRequest) -> Result<PageResponse, AuthError> {
        let body = leptos::server_fn::request::browser::Request::from(request).text().await.unwrap_or_default();
        let provider = UrlSearchParams::new_with_str(&body).ok().and_then(|form| form.get("provider"));
        let provider = provider.unwrap_or_default();
        // Whether the method is POST, the path below the provider's path, and where the response has the value.
        let (is_post, path, value) = match function {
            "provider_tokens" => (false, "/tokens", "/tokens"),
            "access_token" => (false, "/tokens", "/tokens/accessToken"),
            "is_provider_connected" => (false, "", "/connected"),
            "refresh_user_info" => (true, "/user/refresh", "/session"),
            "revoke_token" => (true, "/tokens/revoke", "/none"),
            _ => return Err(AuthError::NotFound),
        };
        // The endpoint that says whether there are tokens needs no CSRF token.
        let token =
            if path.is_empty() { Value::Null } else { ask(&format!("{base_path}/csrfToken"), false, None).await? };
        let url = format!("{base_path}/providers/{provider}{path}");
        let answer = ask(&url, is_post, token["csrfToken"].as_str()).await?;
        // A proxy may answer 200 with JSON of its own.
        if answer["success"] != true {
            return Err(AuthError::ServerError);
        }
        let value = answer.pointer(value).unwrap_or(&Value::Null).to_string();
        Ok(PageResponse { status: 200, body: value.into() })
    }

    /// Calls an endpoint. Returns its response, or the error that the response names.
    async fn ask(url: &str, is_post: bool, csrf_token: Option<&str>) -> Result<Value, AuthError> {
        let json = "application/json";
        let request: BrowserRequest = if is_post {
            ClientReq::<AuthError>::try_new_post(url, json, json, String::new())?
        } else {
            ClientReq::<AuthError>::try_new_get(url, json, json, "")?
        };
        if let Some(token) = csrf_token {
            request.headers().set("x-csrf-token", token);
        }
        let PageResponse { status, body } = exchange(request).await?;
        match serde_json::from_slice(&body) {
            Ok(answer) if status < 400 => Ok(answer),
            _ => Err(AuthError::de(body)),
        }
    }

    /// Sends a request. Returns the whole response.
    async fn exchange(request: BrowserRequest) -> Result<PageResponse, AuthError> {
        let answer = async {
            let answer = <BrowserClient as Client<AuthError>>::send(request).await?;
            let status = ClientRes::<AuthError>::status(&answer);
            let body = ClientRes::<AuthError>::try_into_bytes(answer).await?;
            Ok(PageResponse { status, body })
        };
        let answer = within(TIMEOUT, answer).await?;
        // The server itself also uses these statuses, but never with the code of `ServerError`.
        if is_gateway(answer.status) && AuthError::de(answer.body.clone()) == AuthError::ServerError {
            return Err(AuthError::ServerUnreachable);
        }
        Ok(answer)
    }

    /// Fails when the time limit is over. The request is then dropped, which aborts it.
    async fn within<T>(limit: Duration, answer: impl Future<Output = Result<T, AuthError>>) -> Result<T, AuthError> {
        match select(Box::pin(answer), Box::pin(sleep(limit))).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => {
                Err(AuthError::from_server_fn_error(ServerFnErrorErr::Request("no answer in time".to_owned())))
            }
        }
    }

    /// Waits for a time.
    pub(in crate::leptos) async fn sleep(time: Duration) {
        let (done, slept) = oneshot::channel::<()>();
        set_timeout(move || drop(done), time);
        let _ = slept.await;
    }
}
