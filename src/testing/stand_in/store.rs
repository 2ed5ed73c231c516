use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use crate::server::random_text;
use crate::testing::stand_in::account::Account;
use crate::testing::stand_in::injected_fault::InjectedFaults;

/// The lifetime of a code, in seconds.
const CODE_SECONDS: i64 = 600;
/// The lifetime of a refresh token after its first use, in seconds.
const USED_REFRESH_TOKEN_SECONDS: i64 = 600;

pub(in crate::testing) struct Store {
    pub(super) accounts: Vec<Account>,
    pub(super) injected_faults: InjectedFaults,
    codes: HashMap<String, Grant>,
    last_used_code: Option<String>,
    access_tokens: HashMap<Digest, (Access, Option<i64>)>,
    refresh_tokens: HashMap<Digest, RefreshToken>,
    sign_ins: u64,
}

/// The authorization that a code represents.
#[derive(Clone)]
pub(super) struct Grant {
    pub(super) access: Access,
    /// The `redirect_uri` of the authorization request; `None` if it had none.
    pub(super) redirect_uri: Option<String>,
    pub(super) code_challenge: Option<String>,
    pub(super) expires_at: i64,
}

/// The account and the scopes that tokens give access to.
#[derive(Clone, Debug)]
pub(super) struct Access {
    pub(super) nickname: String,
    pub(super) scopes: Vec<String>,
    /// The number of the sign-in that it comes from.
    pub(super) sign_in: u64,
}

/// New tokens, for the token response.
pub(in crate::testing) struct Issued {
    pub(in crate::testing) access_token: String,
    pub(in crate::testing) refresh_token: String,
    /// The lifetime of the access token, in seconds.
    pub(in crate::testing) seconds: Option<i64>,
    pub(in crate::testing) scopes: Vec<String>,
}

struct RefreshToken {
    access: Access,
    dies_at: Option<i64>,
}

impl Store {
    pub(super) fn new(accounts: Vec<Account>) -> Self {
        Self {
            accounts,
            injected_faults: InjectedFaults::default(),
            codes: HashMap::new(),
            last_used_code: None,
            access_tokens: HashMap::new(),
            refresh_tokens: HashMap::new(),
            sign_ins: 0,
        }
    }

    pub(super) fn account(&self, nickname: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.nickname == nickname)
    }

    pub(super) fn new_code(&mut self, mut grant: Grant, now: i64) -> String {
        let code = random_text(20);
        self.sign_ins += 1;
        grant.access.sign_in = self.sign_ins;
        grant.expires_at = now + CODE_SECONDS;
        self.codes.insert(code.clone(), grant);
        code
    }

    pub(super) fn last_used_code(&self) -> Option<String> {
        self.last_used_code.clone()
    }

    /// Removes a code and returns its grant, unless it has expired. The code is removed in any case.
    pub(super) fn use_code(&mut self, code: &str, now: i64) -> Option<Grant> {
        let grant = self.codes.remove(code)?;
        self.last_used_code = Some(code.to_owned());
        (grant.expires_at > now).then_some(grant)
    }

    /// Creates an access token with this lifetime, and a refresh token.
    pub(super) fn issue(
        &mut self,
        access: Access,
        seconds: Option<i64>,
        now: i64,
        new_token: fn() -> String,
    ) -> Issued {
        let (access_token, refresh_token) = (new_token(), new_token());
        let scopes = access.scopes.clone();
        let ends_at = seconds.map(|seconds| now + seconds);
        self.access_tokens.insert(digest(&access_token), (access.clone(), ends_at));
        self.refresh_tokens.insert(digest(&refresh_token), RefreshToken { access, dies_at: None });
        Issued { access_token, refresh_token, seconds, scopes }
    }

    /// Returns the access of a refresh token. After its first use, the token is valid for ten minutes.
    pub(super) fn use_refresh_token(&mut self, token: &str, now: i64, punish_reuse: bool) -> Option<Access> {
        let found = self.refresh_tokens.get_mut(&digest(token))?;
        if punish_reuse && found.dies_at.is_some() {
            let sign_in = found.access.sign_in;
            self.refresh_tokens.retain(|_, other| other.access.sign_in != sign_in);
            self.access_tokens.retain(|_, (access, _)| access.sign_in != sign_in);
            return None;
        }
        let dies_at = *found.dies_at.get_or_insert(now + USED_REFRESH_TOKEN_SECONDS);
        (now < dies_at).then(|| found.access.clone())
    }

    /// Revokes an access token. Returns whether it existed.
    pub(in crate::testing) fn end_token(&mut self, token: &str) -> bool {
        self.access_tokens.remove(&digest(token)).is_some()
    }

    pub(super) fn end_all_tokens(&mut self) {
        self.refresh_tokens.clear();
        self.access_tokens.clear();
    }

    /// Returns the access of an access token, or `Err` if it has expired.
    pub(super) fn access(&self, token: &str, now: i64) -> Option<Result<Access, ()>> {
        let (access, ends_at) = self.access_tokens.get(&digest(token))?;
        Some(if ends_at.is_none_or(|end| now < end) { Ok(access.clone()) } else { Err(()) })
    }
}

/// The hash of a token, as the key in the maps. A Bitbucket token is about 80 times as long.
type Digest = [u8; 32];

fn digest(token: &str) -> Digest {
    Sha256::digest(token).into()
}
