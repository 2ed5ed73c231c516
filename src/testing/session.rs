use crate::{Auth, AuthError, User};

/// Returns a `Cookie` header with a session of `user`, as a browser sends it after a sign-in. If `base_url` uses https,
/// the header also has the session's pin. If sessions are in a store, use [`begin_session`].
///
/// # Errors
///
/// [`SealFailed`](AuthError::SealFailed) if the session can't be encrypted or signed, and
/// [`ServerError`](AuthError::ServerError) if sessions are in a store.
///
/// ```
/// # let auth = aura_auth::Auth::builder()
/// #     .secret("Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js+Ua/EoTiNq0=")
/// #     .salt("Zs5Wd8Kf2Jh6Ng9Bv4Cx7Mq1Lp3Rt0Yu+Ea/OiTxQ1=")
/// #     .build()?;
/// use aura_auth::{User, testing::session_cookie};
///
/// let user = User::new("{a54f16da}");
/// let cookie = session_cookie(&auth, user)?;
/// assert!(cookie.starts_with("aura-auth.session_token="));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn session_cookie(auth: &Auth, user: User) -> Result<String, AuthError> {
    auth.session_cookie(user)
}

/// Begins a session of `user`, in the store if there is one. Returns the `Cookie` header that a browser sends after this
/// sign-in.
///
/// # Errors
///
/// [`StoreUnavailable`](AuthError::StoreUnavailable) if the store fails, and [`SealFailed`](AuthError::SealFailed) if
/// the session can't be encrypted or signed.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let builder = aura_auth::Auth::builder()
/// #     .secret("Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js+Ua/EoTiNq0=")
/// #     .salt("Zs5Wd8Kf2Jh6Ng9Bv4Cx7Mq1Lp3Rt0Yu+Ea/OiTxQ1=");
/// use aura_auth::{User, store::MemoryStore, testing::begin_session};
///
/// let auth = builder.store(MemoryStore::default()).build()?;
/// let cookie = begin_session(&auth, User::new("{a54f16da}")).await?;
/// assert!(cookie.starts_with("aura-auth.stored_session="));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn begin_session(auth: &Auth, user: User) -> Result<String, AuthError> {
    auth.begin_session(user).await
}
