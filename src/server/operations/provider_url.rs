use crate::server::operations::Api;

impl Api {
    /// Returns a URL of the provider's API, for a call with its [access token](Self::access_token). `path` is relative
    /// to the URL of the user info: `user/workspaces` becomes `https://api.bitbucket.org/2.0/user/workspaces`. If the
    /// app runs against a stand-in, the URL is the stand-in's.
    ///
    /// Returns `None` if the provider is not configured, or if `path` leads out of the API: a token must not be sent to
    /// another server, even if part of `path` comes from a request.
    ///
    /// ```
    /// # let auth = aura_auth::Auth::builder()
    /// #     .secret("Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js+Ua/EoTiNq0=")
    /// #     .salt("Zs5Wd8Kf2Jh6Ng9Bv4Cx7Mq1Lp3Rt0Yu+Ea/OiTxQ1=")
    /// #     .oauth([aura_auth::oauth::bitbucket().client_id("key").client_secret("secret")])
    /// #     .build()?;
    /// let url = auth.api().provider_url("bitbucket", "repositories/acme");
    /// assert_eq!(url.unwrap(), "https://api.bitbucket.org/2.0/repositories/acme");
    /// assert_eq!(auth.api().provider_url("bitbucket", "//attacker.example"), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn provider_url(&self, provider: &str, path: &str) -> Option<String> {
        let base = self.0.provider(provider)?.user_info_url.join(".").ok()?;
        let url = base.join(path).ok()?;
        url.as_str().starts_with(base.as_str()).then(|| url.into())
    }
}

#[cfg(test)]
mod tests {
    use crate::Auth;
    use crate::oauth::bitbucket;

    #[test]
    fn a_path_outside_the_provider_s_api_is_rejected() {
        let auth = Auth::builder()
            .environment([("AURA_AUTH_BITBUCKET_URL", "http://127.0.0.1:4000")])
            .secret("Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js+Ua/EoTiNq0=")
            .salt("Zs5Wd8Kf2Jh6Ng9Bv4Cx7Mq1Lp3Rt0Yu+Ea/OiTxQ1=")
            .oauth([bitbucket().client_id("key").client_secret("secret")])
            .build()
            .unwrap();
        let url = |path| auth.api().provider_url("bitbucket", path);
        assert_eq!(
            url("user/workspaces?pagelen=100").unwrap(),
            "http://127.0.0.1:4000/2.0/user/workspaces?pagelen=100"
        );
        assert_eq!(url("a/../b").unwrap(), "http://127.0.0.1:4000/2.0/b");
        for path in [
            "https://attacker.example/2.0/",
            "//attacker.example/2.0/",
            "\\\\attacker.example/2.0/",
            "/\t/attacker.example/2.0/",
            "http://127.0.0.1:40000/2.0/",
            "http://127.0.0.1:4000@attacker.example/2.0/",
            "/1.0/user",
            "../site/oauth2/authorize",
            "%2e%2e/site",
            "data:,x",
        ] {
            assert_eq!(url(path), None, "{path}");
        }
        assert_eq!(auth.api().provider_url("github", "user"), None);
    }
}
