use std::collections::HashMap;

use crate::server::config::ConfigProblem;

/// The prefixes of a key, in the order of precedence (wire contract, 1.2).
const PREFIXES: [&str; 3] = ["AURA_AUTH_", "AURA_", "AUTH_"];

/// The environment variables. Only this type reads them.
#[derive(Clone, Default)]
pub(crate) struct Env {
    pub(crate) variables: Variables,
    /// Whether a key without a prefix is read too, after the keys with a prefix.
    pub(crate) unprefixed: bool,
}

/// The source of the variables.
#[derive(Clone, Default)]
pub(crate) enum Variables {
    #[default]
    Process,
    /// Fixed values for tests, because many tests run at the same time in one process.
    Fixed(HashMap<String, String>),
}

impl Env {
    /// Returns the value of `key`, without white space around it. The first prefix with a value that is not empty is
    /// used.
    pub(crate) fn get(&self, key: &str) -> Option<String> {
        self.find(key).map(|(_, value)| value.trim().to_owned())
    }

    /// Returns the name of the variable that [`get`](Self::get) reads, if its value has white space around it.
    pub(crate) fn padded(&self, key: &str) -> Option<String> {
        self.find(key).filter(|(_, value)| value.trim().len() < value.len()).map(|(name, _)| name)
    }

    fn find(&self, key: &str) -> Option<(String, String)> {
        PREFIXES.into_iter().chain(self.unprefixed.then_some("")).find_map(|prefix| {
            let name = format!("{prefix}{key}");
            let value = match &self.variables {
                Variables::Process => std::env::var(&name).ok()?,
                Variables::Fixed(values) => values.get(&name)?.clone(),
            };
            (!value.trim().is_empty()).then_some((name, value))
        })
    }

    /// Reads a boolean. `1`, `true`, `yes`, `on` and `debug` are true, and `0`, `false`, `no` and `off` are false. Any
    /// other value is returned as an error.
    pub(crate) fn boolean(&self, key: &str) -> Option<Result<bool, String>> {
        let value = self.get(key)?;
        Some(match value.to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" | "debug" => Ok(true),
            "0" | "false" | "no" | "off" => Ok(false),
            _ => Err(value),
        })
    }

    /// Like [`get`](Self::get), for a value without white space in it. Quotes and comments that the reader of a file
    /// left in the value are added to `problems`.
    pub(crate) fn word(&self, key: &str, problems: &mut Vec<ConfigProblem>) -> Option<String> {
        let value = self.get(key)?;
        Some(without_leftover(key, &value, problems).to_owned())
    }

    /// Reads a list of words, separated by commas, semicolons or line breaks.
    pub(crate) fn list(&self, key: &str, problems: &mut Vec<ConfigProblem>) -> Option<Vec<String>> {
        let value = self.get(key)?;
        let value = match in_quotes(&value) {
            Some(_) => without_leftover(key, &value, problems),
            None => &value,
        };
        let items = value.split([',', ';', '\n']).map(str::trim).filter(|item| !item.is_empty());
        Some(items.map(|item| without_leftover(key, item, problems).to_owned()).collect())
    }
}

/// Removes quotes or a comment, and adds a problem for these and for white space in the value. Some readers of
/// environment files keep quotes and comments in the value, like `docker run --env-file`. The rest of the value is
/// returned, so that all problems are found at once.
fn without_leftover<'a>(key: &str, value: &'a str, problems: &mut Vec<ConfigProblem>) -> &'a str {
    let mut wrong =
        |reason| problems.push(ConfigProblem::Environment { setting: format!("{}{key}", PREFIXES[0]), reason });
    if let Some(inner) = in_quotes(value) {
        wrong("is in quotes, which are part of the value here (`docker run --env-file` keeps them): remove them");
        return inner;
    }
    let comment = value.char_indices().find(|&(at, char)| char == '#' && value[..at].ends_with(char::is_whitespace));
    if let Some((at, _)) = comment {
        wrong("has a comment after the value, which is part of the value here: put the comment on its own line");
        return value[..at].trim_end();
    }
    if value.contains(char::is_whitespace) {
        wrong("has white space in it: remove it");
    }
    value
}

fn in_quotes(value: &str) -> Option<&str> {
    ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> Env {
        let pairs = pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
        Env { variables: Variables::Fixed(pairs.collect()), unprefixed: false }
    }

    #[test]
    fn the_longest_prefix_wins_and_an_empty_value_counts_as_not_set() {
        let all = [("AURA_AUTH_SECRET", "a"), ("AURA_SECRET", "b"), ("AUTH_SECRET", "c"), ("SECRET", "d")];
        for unprefixed in [false, true] {
            for skipped in 0..4 {
                let mut pairs = all;
                for pair in &mut pairs[..skipped] {
                    pair.1 = " ";
                }
                let expected = (skipped < 3 || unprefixed).then_some(all[skipped].1);
                assert_eq!(Env { unprefixed, ..env(&pairs) }.get("SECRET").as_deref(), expected);
            }
        }
        assert_eq!(env(&[]).get("SECRET"), None);
    }

    #[test]
    fn lists_and_booleans_are_parsed() {
        let env = env(&[
            ("AUTH_TRUSTED_ORIGINS", "https://a.example, https://b.example;\nhttps://c.example"),
            ("AUTH_ON", "Yes"),
            ("AUTH_ODD", "maybe"),
        ]);
        assert_eq!(env.list("TRUSTED_ORIGINS", &mut Vec::new()).unwrap().len(), 3);
        assert_eq!(env.boolean("ON"), Some(Ok(true)));
        assert_eq!(env.boolean("ODD"), Some(Err("maybe".into())));
        assert_eq!(env.boolean("NONE"), None);
    }
}
