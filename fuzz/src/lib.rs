//! Functions that the fuzz targets share.

use aura_auth::{Auth, AuthBuilder};

/// An app with its own keys and without a provider. It does not read the environment.
pub fn bare_builder() -> AuthBuilder {
    Auth::builder()
        .environment::<&str, &str>([])
        .secret("Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js+Ua/EoTiNq0=")
        .salt("Zs5Wd8Kf2Jh6Ng9Bv4Cx7Mq1Lp3Rt0Yu+Ea/OiTxQ1=")
}

/// An app with Bitbucket.
pub fn builder() -> AuthBuilder {
    let bitbucket =
        aura_auth::oauth::bitbucket().client_id("key of the consumer").client_secret("secret of the consumer");
    bare_builder().oauth([bitbucket])
}

/// Returns the same app, built.
pub fn auth() -> Auth {
    builder().build().expect("it is complete")
}
