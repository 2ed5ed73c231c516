/// A user's account at the provider.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Account {
    /// The identifier: a UUID in braces on Bitbucket, a number on GitHub.
    pub id: String,
    /// The name to show.
    pub display_name: String,
    /// The short name. The consent page's form identifies an account by it.
    pub nickname: String,
    /// E-mail addresses, each with whether it is primary and whether it is confirmed.
    pub emails: Vec<(String, bool, bool)>,
    /// Bitbucket workspaces by their slug, each with the user's role: `owner`, `collaborator` or `member`.
    pub workspaces: Vec<(String, String)>,
}

impl Account {
    /// Creates an account without e-mail addresses and workspaces. Add them to the fields.
    #[must_use]
    pub fn new(id: impl Into<String>, display_name: impl Into<String>, nickname: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            display_name: display_name.into(),
            nickname: nickname.into(),
            emails: Vec::new(),
            workspaces: Vec::new(),
        }
    }

    /// Returns the two accounts of the demo, with identifiers as on Bitbucket.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        vec![
            Self {
                id: "{a54f16da-24e9-4d7f-a3a7-b1ba2cd98aa3}".to_owned(),
                display_name: "Ada Lovelace".to_owned(),
                nickname: "ada".to_owned(),
                emails: vec![
                    ("ada@old.example.org".to_owned(), false, true),
                    ("ada@example.org".to_owned(), true, true),
                ],
                workspaces: vec![("analytical-engine".to_owned(), "owner".to_owned())],
            },
            Self {
                id: "{0c8d1f5e-7a36-4f0b-9d2c-5e64b81f3a70}".to_owned(),
                display_name: "Grace Hopper".to_owned(),
                nickname: "grace".to_owned(),
                // An address that is not confirmed may belong to somebody else.
                emails: vec![("grace@example.org".to_owned(), true, false)],
                workspaces: vec![
                    ("compilers".to_owned(), "member".to_owned()),
                    ("analytical-engine".to_owned(), "collaborator".to_owned()),
                ],
            },
        ]
    }
}
