use serde::Deserialize;

use crate::User;
use crate::server::plain_text::first_text;

/// The response of `GET /2.0/user`.
///
/// <https://developer.atlassian.com/cloud/bitbucket/rest/api-group-users/>
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct BitbucketProfile {
    /// The account's identifier in Bitbucket, in braces.
    #[serde(default)]
    pub uuid: String,
    /// The account's identifier at Atlassian.
    pub account_id: Option<String>,
    /// The name to show.
    pub display_name: Option<String>,
    /// A short name. It is not unique, so never identify a user by it.
    pub nickname: Option<String>,
    /// `active`, `inactive` or `closed`.
    pub account_status: Option<String>,
    /// Related URLs.
    #[serde(default)]
    pub links: BitbucketLinks,
}

/// The URLs in a [`BitbucketProfile`].
#[derive(Clone, Debug, Default, Deserialize)]
#[non_exhaustive]
pub struct BitbucketLinks {
    /// The URL of the avatar.
    pub avatar: Option<BitbucketLink>,
    /// The URL of the user's page.
    pub html: Option<BitbucketLink>,
}

/// A link.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct BitbucketLink {
    /// The URL.
    pub href: Option<String>,
}

impl BitbucketProfile {
    /// Converts this profile to a user. It has no e-mail address, because Bitbucket has a separate endpoint for these.
    #[must_use]
    pub fn into_user(self) -> User {
        let sub = if self.uuid.is_empty() { self.account_id.unwrap_or_default() } else { self.uuid };
        User {
            sub,
            name: first_text([self.display_name, self.nickname]),
            image: self.links.avatar.and_then(|avatar| avatar.href),
            ..User::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_profile_becomes_a_user() {
        let profile: BitbucketProfile = serde_json::from_str(
            r#"{"display_name":"Ada Lovelace","links":{"self":{"href":"https://api.bitbucket.org/2.0/users/x"},
                "avatar":{"href":"https://bitbucket.org/account/ada/avatar/"},"repositories":{"href":"https://x"}},
                "created_on":"2011-12-20T16:34:07.132459+00:00","type":"user",
                "uuid":"{a54f16da-24e9-4d7f-a3a7-b1ba2cd98aa3}","has_2fa_enabled":null,"nickname":"ada",
                "is_staff":false,"account_id":"557058:x","account_status":"active","location":null}"#,
        )
        .unwrap();
        assert_eq!(
            profile.into_user(),
            User {
                sub: "{a54f16da-24e9-4d7f-a3a7-b1ba2cd98aa3}".into(),
                name: Some("Ada Lovelace".into()),
                image: Some("https://bitbucket.org/account/ada/avatar/".into()),
                ..User::default()
            }
        );
    }

    #[test]
    fn a_bare_profile_falls_back_to_account_id_and_nickname() {
        let profile: BitbucketProfile = serde_json::from_str(r#"{"account_id":"557058:x","nickname":"ada"}"#).unwrap();
        let user = profile.into_user();
        assert_eq!((user.sub.as_str(), user.name.as_deref(), user.image), ("557058:x", Some("ada"), None));
    }
}
