use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url};

use super::Result;

/// A person with a browser and an address of their own.
#[derive(Clone, Debug)]
pub struct Person {
    http: Client,
    app: String,
    address: String,
    cookies: Vec<(String, String)>,
}

/// How a sign-in ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With a session.
    SignedIn,
    /// With an error page that has this code.
    Told(String),
    /// The browser was redirected to the provider again, because the flow had expired.
    SentAgain,
}

impl Person {
    /// Creates a person. Each number has its own address.
    #[must_use]
    pub fn new(http: &Client, app: &str, number: u64) -> Self {
        let [.., a, b, c] = number.to_be_bytes();
        let address = format!("10.{a}.{b}.{c}");
        Self { http: http.clone(), app: app.to_owned(), address, cookies: Vec::new() }
    }

    /// Runs the whole flow: to the provider, approve, and back.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no response, or one that a sign-in never has.
    pub async fn sign_in(&mut self) -> Result<Ending> {
        let authorize = self.begin().await?;
        let callback = self.consent(authorize).await?;
        self.come_back(callback).await
    }

    /// Follows the sign-in link. Returns the provider's URL.
    ///
    /// # Errors
    ///
    /// See [`sign_in`](Self::sign_in).
    pub async fn begin(&mut self) -> Result<Url> {
        let begun = self.send(self.http.get(format!("{}/auth/signIn/bitbucket", self.app))).await?;
        target(&begun, StatusCode::FOUND)
    }

    /// Approves at the provider. Returns the callback URL.
    ///
    /// # Errors
    ///
    /// See [`sign_in`](Self::sign_in).
    pub async fn consent(&self, authorize: Url) -> Result<Url> {
        let mut body = Url::parse("http://form/")?;
        body.query_pairs_mut()
            .extend_pairs(authorize.query_pairs())
            .extend_pairs([("account", "ada"), ("decision", "approve")]);
        let form = self.http.post(authorize).header("content-type", "application/x-www-form-urlencoded");
        // The app's cookies are not sent to the provider.
        let decided = form.body(body.query().unwrap_or_default().to_owned()).send().await?;
        target(&decided, StatusCode::SEE_OTHER)
    }

    /// Sends the callback.
    ///
    /// # Errors
    ///
    /// See [`sign_in`](Self::sign_in).
    pub async fn come_back(&mut self, callback: Url) -> Result<Ending> {
        let ended = self.send(self.http.get(callback)).await?;
        let to = target(&ended, StatusCode::FOUND)?;
        let code = to.query_pairs().find(|(name, _)| name == "error").map(|(_, code)| code.into_owned());
        match (to.path(), code) {
            ("/", None) if self.is_signed_in() => Ok(Ending::SignedIn),
            ("/site/oauth2/authorize", None) => Ok(Ending::SentAgain),
            ("/sign-in/failed", Some(code)) if !ended.headers().get_all(SET_COOKIE).iter().any(sets_session) => {
                Ok(Ending::Told(code))
            }
            _ => Err(format!("the sign-in ended at {}", to.path()).into()),
        }
    }

    /// Reads the session, which must be Ada's.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no response, or a different one.
    pub async fn read(&self) -> Result {
        let answer = self.request(Method::GET, "/auth/session").send().await?;
        let status = answer.status();
        let body = answer.text().await?;
        if status == StatusCode::OK && body.contains("Ada Lovelace") {
            Ok(())
        } else {
            Err(format!("{status}: {body}").into())
        }
    }

    fn is_signed_in(&self) -> bool {
        self.cookies.iter().any(|(name, _)| name.ends_with("session_token") || name.ends_with("stored_session"))
    }

    async fn send(&mut self, request: RequestBuilder) -> Result<Response> {
        let answer = self.with_headers(request).send().await?;
        for line in answer.headers().get_all(SET_COOKIE) {
            let (pair, attributes) = line.to_str()?.split_once(';').unwrap_or_default();
            let (name, value) = pair.split_once('=').unwrap_or_default();
            self.cookies.retain(|(kept, _)| kept != name);
            // Only cookies that the browser sends with every request are kept.
            if !value.is_empty() && attributes.contains("Path=/;") {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        Ok(answer)
    }

    /// Returns a request of this person to a path of the app.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.with_headers(self.http.request(method, format!("{}{path}", self.app)))
    }

    fn with_headers(&self, request: RequestBuilder) -> RequestBuilder {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.header("x-forwarded-for", &self.address).header(COOKIE, cookies.join("; "))
    }
}

/// Returns whether a `Set-Cookie` line sets a session.
fn sets_session(line: &reqwest::header::HeaderValue) -> bool {
    let line = String::from_utf8_lossy(line.as_bytes());
    line.contains("session_token=") && !line.contains("session_token=;")
}

fn target(answer: &Response, status: StatusCode) -> Result<Url> {
    if answer.status() != status {
        return Err(format!("{} says {}", answer.url().path(), answer.status()).into());
    }
    let location = answer.headers().get(LOCATION).ok_or("there is no Location")?;
    Ok(answer.url().join(location.to_str()?)?)
}
