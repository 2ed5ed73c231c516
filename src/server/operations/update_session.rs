use std::borrow::Cow;

use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};

use crate::server::events::AuthEvent;
use crate::server::limits::LimitedAction;
use crate::server::operations::failure::Failure;
use crate::server::operations::session_cookies::set_new_content;
use crate::server::operations::{Api, CsrfProof, Reply, ReplyBody};
use crate::server::request::{RequestContext, RequestHead};
use crate::server::session::{SessionError, SessionRecord, SessionRules, email_refusal, is_image, is_name};
use crate::{AuthError, Claims, RedirectOptions, Session, SessionUpdate, SessionUpdated, User};

/// The change of a session that a request asks for.
pub(crate) struct SessionChange<'a> {
    pub(crate) update: Cow<'a, SessionUpdate>,
    pub(crate) redirect_to: Option<String>,
    pub(crate) redirect: bool,
}

impl SessionChange<'static> {
    /// Creates a change after which the browser stays where it is.
    pub(crate) fn of(update: SessionUpdate) -> Self {
        Self { update: Cow::Owned(update), redirect_to: None, redirect: false }
    }
}

impl ReplyBody for SessionUpdated {
    fn status(&self) -> StatusCode {
        if self.redirect { StatusCode::FOUND } else { StatusCode::OK }
    }

    fn success(&self) -> impl Serialize {
        json!({
            "success": true, "session": self.session, "redirect": self.redirect, "redirectURL": self.redirect_url,
        })
    }

    fn failure() -> Value {
        json!({ "session": null, "redirect": false, "redirectURL": null })
    }
}

impl Api {
    /// Converts a form's fields into an update. Text becomes a value of the type that its claim was declared with. An
    /// empty field removes the value.
    pub(crate) fn update_of_fields<'a>(
        &self,
        fields: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<SessionUpdate, AuthError> {
        let claims = &self.0.session_rules.editable_claims;
        fields.into_iter().try_fold(SessionUpdate::default(), |update, (name, text)| {
            let value = match claims.iter().find(|(claim, _)| claim == name) {
                Some((_, claim_type)) => claim_type.parse(text).ok_or(AuthError::UpdateSessionInvalid)?,
                None => Some(text).filter(|text| !text.is_empty()).into(),
            };
            Ok(update.set(name, value))
        })
    }

    /// Changes the fields and claims that people may edit ([`editable`](crate::SessionConfig::editable) and
    /// [`editable_claims`](crate::SessionConfig::editable_claims)), or ends the session earlier. An update never makes
    /// a session live longer.
    ///
    /// Fails with [`UpdateSessionInvalid`](AuthError::UpdateSessionInvalid) if a field is not editable, a value is not
    /// allowed, the session would become too large, or the new end is in the past or later than the present end. Fails
    /// with a session or CSRF error like [`sign_out`](Self::sign_out).
    ///
    /// ```
    /// # use aura_auth::{Auth, CsrfProof, SessionUpdate, RedirectOptions};
    /// # use axum::http::request::Parts;
    /// async fn rename(auth: &Auth, request: &Parts, name: &str) -> axum::response::Response {
    ///     use axum::response::IntoResponse;
    ///
    ///     let update = SessionUpdate::default().set("name", name);
    ///     let options = RedirectOptions::default();
    ///     auth.api().update_session(request, &update, &CsrfProof::SameOrigin, options).await.into_response()
    /// }
    /// ```
    #[doc(alias = "updateSession")]
    pub async fn update_session(
        &self,
        request: &(impl RequestHead + Sync),
        update: &SessionUpdate,
        csrf: &CsrfProof,
        options: RedirectOptions,
    ) -> Reply<SessionUpdated> {
        let RedirectOptions { redirect_to, redirect } = options;
        let read = || Ok(SessionChange { update: Cow::Borrowed(update), redirect_to, redirect });
        self.change_session(request, csrf, read).await
    }

    /// Like [`update_session`](Self::update_session), but reads the input only after the session, the CSRF token and
    /// the rate limit were checked.
    pub(crate) async fn change_session<'a>(
        &self,
        request: &(impl RequestHead + Sync),
        csrf: &CsrfProof,
        read: impl FnOnce() -> Result<SessionChange<'a>, AuthError>,
    ) -> Reply<SessionUpdated> {
        let context = RequestContext::of(&self.0, request);
        let changed = self.checked_change(&context, request, csrf, read).await;
        let (session, redirect_to, redirect) = match changed {
            Ok(changed) => changed,
            Err(failure) => return Reply::of(&context, Err(failure)),
        };
        let target = redirect_to.as_deref().map(|wanted| self.redirect_to(&context, wanted).as_str().to_owned());
        let redirect = redirect && target.is_some();
        let redirect_url = target.clone().filter(|_| !redirect);
        let updated = SessionUpdated { session, redirect, redirect_url };
        let mut reply = Reply::of(&context, Ok::<_, AuthError>(updated));
        if let Some(target) = target.filter(|_| redirect) {
            reply.set_location(&target);
        }
        reply
    }

    /// Returns the changed session, where the browser goes next, and whether the response redirects it.
    async fn checked_change<'a>(
        &self,
        context: &RequestContext,
        request: &(impl RequestHead + Sync),
        csrf: &CsrfProof,
        read: impl FnOnce() -> Result<SessionChange<'a>, AuthError>,
    ) -> Result<(Session, Option<String>, bool), Failure> {
        let record = context.session().await?;
        self.check_csrf(context, request, Some(&record.id_hash), csrf).await?;
        self.limit(context, LimitedAction::UpdateSession, Some(&record.id_hash)).await?;
        let SessionChange { update, redirect_to, redirect } = read()?;
        Ok((self.changed_session(context, record, &update).await?, redirect_to, redirect))
    }

    async fn changed_session(
        &self,
        context: &RequestContext,
        record: &SessionRecord,
        update: &SessionUpdate,
    ) -> Result<Session, Failure> {
        let changed = set_new_content(context, record, |session| {
            if let Some(end) = update.expires {
                let now = self.0.jose.now();
                if end.unix_timestamp() <= now || end.unix_timestamp() > session.expires_at() {
                    return Err(AuthError::UpdateSessionInvalid.into());
                }
                session.end_at(end);
            }
            session.session.user = edited(&session.session.user, &update.user, &self.0.session_rules)?;
            Ok(())
        });
        let changed = changed.await.map_err(|error| match error {
            ChangeError::Session(SessionError::TooLarge(bytes) | SessionError::ClaimsTooLarge(bytes)) => {
                tracing::info!(bytes, "an update would make the session too large");
                Failure::from(AuthError::UpdateSessionInvalid)
            }
            ChangeError::Session(error) => error.into(),
            ChangeError::NotAllowed(error) => error.into(),
        })?;
        let (sub, identity) = (changed.session.user.sub.clone(), changed.session.identity.clone());
        self.0.events.emit(&AuthEvent::SessionUpdated { sub, identity });
        Ok(changed.session)
    }
}

/// Why a session was not changed.
enum ChangeError {
    NotAllowed(AuthError),
    Session(SessionError),
}

impl From<AuthError> for ChangeError {
    fn from(error: AuthError) -> Self {
        Self::NotAllowed(error)
    }
}

impl From<SessionError> for ChangeError {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}

/// Returns the user with these fields changed. A field that is not editable is accepted if its value is the present
/// one, because clients send the whole user back.
fn edited(user: &User, fields: &Claims, rules: &SessionRules) -> Result<User, AuthError> {
    let before = serde_json::to_value(user).map_err(|_| AuthError::ServerError)?;
    let mut user = user.clone();
    for (name, value) in fields.as_map() {
        if before.get(name).unwrap_or(&Value::Null) == value {
            continue;
        }
        let claim = rules.editable_claims.iter().find(|(claim, _)| claim == name);
        match claim {
            Some((_, claim_type)) if !claim_type.accepts(value) => return Err(AuthError::UpdateSessionInvalid),
            Some(_) if value.is_null() => drop(user.claims.remove(name)),
            Some(_) => user.claims.insert(name, value.clone()),
            None if rules.editable.contains(name) => edit_field(&mut user, name, value)?,
            None => {
                tracing::info!("an update names a field that is not editable");
                return Err(AuthError::UpdateSessionInvalid);
            }
        }
    }
    Ok(user)
}

fn edit_field(user: &mut User, name: &str, value: &Value) -> Result<(), AuthError> {
    let text = match value {
        Value::Null => None,
        Value::String(text) => Some(text.as_str()),
        _ => return Err(AuthError::UpdateSessionInvalid),
    };
    let (field, fits): (&mut Option<String>, fn(&str) -> bool) = match name {
        "name" => (&mut user.name, is_name),
        "image" => (&mut user.image, is_image),
        "email" => (&mut user.email, |text| email_refusal(text).is_none()),
        _ => return Err(AuthError::UpdateSessionInvalid),
    };
    if text.is_some_and(|text| !fits(text)) {
        return Err(AuthError::UpdateSessionInvalid);
    }
    *field = text.map(str::to_owned);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::session::MAX_NAME_CHARS;
    use crate::{ClaimType, SessionConfig};

    #[test]
    fn only_editable_fields_change_and_only_to_valid_values() {
        let user = User { sub: "x".into(), name: Some("Ada".into()), ..User::default() }.with("role", "user");
        let rules = |fields: &[&str]| {
            let claims = [("theme", ClaimType::Text), ("newsletter", ClaimType::Boolean)];
            SessionConfig::default().editable(fields.iter().copied()).editable_claims(claims).check(&mut Vec::new())
        };
        let long = "x".repeat(MAX_NAME_CHARS + 1);
        for (fields, passes) in [
            (json!({ "name": "Grace" }), true),
            (json!({ "name": null }), true),
            (json!({ "sub": "x", "name": "Grace", "image": null, "role": "user" }), true),
            (json!({ "image": "https://example.org/a.png" }), true),
            (json!({ "email": "ada@example.org" }), true),
            (json!({ "theme": "dark", "newsletter": true }), true),
            (json!({ "theme": null }), true),
            (json!({ "newsletter": "true" }), false),
            (json!({ "name": "" }), false),
            (json!({ "name": " " }), false),
            (json!({ "name": long }), false),
            (json!({ "name": "a\nb" }), false),
            (json!({ "name": 7 }), false),
            (json!({ "name": { "a": 1 } }), false),
            (json!({ "image": "javascript:alert(1)" }), false),
            (json!({ "image": "data:text/html,x" }), false),
            (json!({ "image": "/a.png" }), false),
            (json!({ "email": "nobody" }), false),
            (json!({ "sub": "y" }), false),
            (json!({ "role": "admin" }), false),
            (json!({ "exp": 1 }), false),
            (json!({ "jti": "x" }), false),
            (json!({ "": "x" }), false),
        ] {
            let result =
                edited(&user, &serde_json::from_value(fields.clone()).unwrap(), &rules(&["name", "image", "email"]));
            assert_eq!(result.is_ok(), passes, "{fields}");
        }
        let fields = json!({ "email": "ada@example.org" });
        assert!(edited(&user, &serde_json::from_value(fields).unwrap(), &rules(&["name", "image"])).is_err());
    }
}
