use serde::Deserialize;

use crate::client::{AuthClient, ClientError, Method};
use crate::{ActiveSession, AuthError, EndedSessions};

impl AuthClient {
    /// Returns where the person is signed in: the sessions that have not ended, the newest first.
    ///
    /// # Errors
    ///
    /// [`ClientError`], for example `Refused` with `SESSIONS_NOT_STORED` if the server's sessions are in cookies.
    pub async fn sessions(&self) -> Result<Vec<ActiveSession>, ClientError> {
        #[derive(Deserialize)]
        struct Body {
            sessions: Vec<ActiveSession>,
        }
        let Body { sessions } = self.ask(Method::Get, "/sessions", &[]).await?;
        Ok(sessions)
    }

    /// Ends a session of the person, by its [id](ActiveSession::id). If it is this client's session, this is a sign-out.
    ///
    /// # Errors
    ///
    /// [`ClientError`], for example `Refused` with `ACTIVE_SESSION_NOT_FOUND` if the person has no such session.
    pub async fn end_session(&self, id: &str) -> Result<EndedSessions, ClientError> {
        // Other characters could name another endpoint (`../signOut`). No id has them.
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            let error = AuthError::ActiveSessionNotFound;
            let (code, message) = (error.code().to_owned(), error.message().to_owned());
            return Err(ClientError::Refused { code, message, status: error.status() });
        }
        self.ask_with_token(Method::Delete, &format!("/sessions/{id}"), &[], None).await
    }

    /// Ends all sessions of the person except this client's session.
    ///
    /// # Errors
    ///
    /// [`ClientError`], for example `Refused` with `SESSIONS_NOT_STORED` if the server's sessions are in cookies.
    pub async fn end_other_sessions(&self) -> Result<EndedSessions, ClientError> {
        self.ask_with_token(Method::Post, "/sessions/revoke-others", &[], None).await
    }
}
