use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse as _, Response};
use http::header::CONTENT_TYPE;
use http::request::Parts;

use crate::server::auth::Auth;
use crate::server::http::body_limit::body_error;
use crate::server::operations::{CsrfProof, Query, Reply, ReplyBody};
use crate::server::request::RequestContext;
use crate::{AuthError, SessionUpdate};

/// A form that a browser has sent without scripts.
pub(super) struct Form {
    pub(super) csrf_token: String,
    pub(super) redirect_to: Option<String>,
    fields: Query,
}

impl Form {
    /// Reads the form. Returns `None` if the request is no form, or if a program sent it with its CSRF token in a
    /// header.
    ///
    /// The operation and [`answer`](Self::answer) both look up the request's context. If no layer has created it, it is
    /// created here, so that both use the same one, and the log has the id that the error page shows.
    pub(super) fn read(
        auth: &Auth,
        parts: &mut Parts,
        body: Result<Bytes, BytesRejection>,
    ) -> Result<Option<Self>, AuthError> {
        let media_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_form = media_type
            .split(';')
            .next()
            .is_some_and(|name| name.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"));
        if !is_form || parts.headers.contains_key("x-csrf-token") {
            return Ok(None);
        }
        let context = RequestContext::of(&auth.0, parts);
        parts.extensions.insert(context);
        let body = body.map_err(body_error)?;
        let fields = Query::parse(std::str::from_utf8(&body).map_err(|_| AuthError::MalformedBody)?)?;
        Ok(Some(Self {
            csrf_token: fields.get("csrf_token")?.unwrap_or_default().to_owned(),
            redirect_to: fields.redirect_to()?.map(str::to_owned),
            fields,
        }))
    }

    /// Sets where the browser goes next, unless the form says it.
    pub(super) fn or_redirect_to(self, path: &str) -> Self {
        Self { redirect_to: self.redirect_to.or_else(|| Some(path.to_owned())), ..self }
    }

    /// Returns the CSRF proof: the form's token, or a program's header.
    pub(super) fn proof(form: Option<&Self>) -> CsrfProof {
        form.map_or(CsrfProof::Header, |form| CsrfProof::Field(form.csrf_token.as_str().into()))
    }

    /// Returns the purpose of the form, if it names one.
    pub(super) fn intent(&self) -> Result<Option<&str>, AuthError> {
        self.fields.get("intent")
    }

    /// Returns the response: a page for a form, else the reply itself.
    pub(super) fn answer<T: ReplyBody>(
        form: Option<&Self>,
        auth: &Auth,
        parts: &Parts,
        reply: Reply<T>,
        path: &str,
    ) -> Response {
        match form {
            Some(form) => {
                let context = RequestContext::of(&auth.0, parts);
                let redirect_to = form.redirect_to.as_deref();
                auth.api().answer_form(&context, &parts.headers, reply, path, redirect_to).into_response()
            }
            None => reply.into_response(),
        }
    }

    /// Converts the fields into an update of the user. An empty field removes the value.
    pub(super) fn session_update(&self, auth: &Auth) -> Result<SessionUpdate, AuthError> {
        let own = self.fields.names().filter(|name| !matches!(*name, "csrf_token" | "redirectTo"));
        let fields = own.map(|name| Ok((name, self.fields.get(name)?.unwrap_or_default())));
        auth.api().update_of_fields(fields.collect::<Result<Vec<_>, AuthError>>()?)
    }
}
