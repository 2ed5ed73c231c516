use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};

use super::Result;

/// Somebody with a browser and an address of their own.
#[derive(Clone)]
pub(crate) struct Person {
    http: Client,
    app: String,
    address: String,
    cookies: Vec<(String, String)>,
}

impl Person {
    pub(crate) fn new(http: &Client, app: &str, number: u64) -> Self {
        let [.., a, b, c] = number.to_be_bytes();
        let address = format!("10.{a}.{b}.{c}");
        Self { http: http.clone(), app: app.to_owned(), address, cookies: Vec::new() }
    }

    /// The whole flow: to the provider, yes there, and back.
    pub(crate) async fn sign_in(&mut self) -> Result {
        let begun = self.send(self.http.get(format!("{}/auth/signIn/bitbucket", self.app))).await?;
        let authorize = target(&begun, StatusCode::FOUND)?;
        let mut body = Url::parse("http://form/")?;
        body.query_pairs_mut()
            .extend_pairs(authorize.query_pairs())
            .extend_pairs([("account", "ada"), ("decision", "approve")]);
        let form = self.http.post(authorize).header("content-type", "application/x-www-form-urlencoded");
        let decided = self.send(form.body(body.query().unwrap_or_default().to_owned())).await?;
        let callback = target(&decided, StatusCode::SEE_OTHER)?;
        let ended = self.send(self.http.get(callback)).await?;
        let home = ended.headers().get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default();
        if ended.status() != StatusCode::FOUND || home != "/" || !self.is_signed_in() {
            return Err(format!("the sign-in ended at {home} with {}", ended.status()).into());
        }
        Ok(())
    }

    /// Who is signed in.
    pub(crate) async fn read(&self) -> Result {
        let request = self.with_headers(self.http.get(format!("{}/auth/session", self.app)));
        let answer = request.send().await?;
        let status = answer.status();
        let body = answer.text().await?;
        if status == StatusCode::OK && body.contains("Ada Lovelace") {
            Ok(())
        } else {
            Err(format!("{status}: {body}").into())
        }
    }

    fn is_signed_in(&self) -> bool {
        self.cookies.iter().any(|(name, _)| name.ends_with("session_token"))
    }

    async fn send(&mut self, request: RequestBuilder) -> Result<Response> {
        let answer = self.with_headers(request).send().await?;
        for line in answer.headers().get_all(SET_COOKIE) {
            let (pair, attributes) = line.to_str()?.split_once(';').unwrap_or_default();
            let (name, value) = pair.split_once('=').unwrap_or_default();
            self.cookies.retain(|(kept, _)| kept != name);
            // What is sent along with every request.
            if !value.is_empty() && attributes.contains("Path=/;") {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        Ok(answer)
    }

    fn with_headers(&self, request: RequestBuilder) -> RequestBuilder {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.header("x-forwarded-for", &self.address).header(COOKIE, cookies.join("; "))
    }
}

fn target(answer: &Response, status: StatusCode) -> Result<Url> {
    if answer.status() != status {
        return Err(format!("{} says {}", answer.url().path(), answer.status()).into());
    }
    let location = answer.headers().get(LOCATION).ok_or("there is no Location")?;
    Ok(answer.url().join(location.to_str()?)?)
}
