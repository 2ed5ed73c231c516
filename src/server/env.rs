use std::collections::HashMap;

/// The prefixes of a key, in the order in which they are asked for (wire contract, 1.2).
const PREFIXES: [&str; 4] = ["AURA_AUTH_", "AURA_", "AUTH_", ""];

/// The environment: the only reader of it.
#[derive(Clone, Default)]
pub(crate) enum Env {
    #[default]
    Process,
    /// For tests, of which many run at once in one process.
    Fixed(HashMap<String, String>),
}

impl Env {
    /// The first value of `key` under one of the prefixes that is not empty, without white space
    /// around it.
    pub(crate) fn get(&self, key: &str) -> Option<String> {
        PREFIXES.iter().find_map(|prefix| {
            let name = format!("{prefix}{key}");
            let value = match self {
                Self::Process => std::env::var(&name).ok()?,
                Self::Fixed(values) => values.get(&name)?.clone(),
            };
            let value = value.trim();
            (!value.is_empty()).then(|| value.to_owned())
        })
    }

    /// A yes or no: `1`, `true`, `yes`, `on` and `debug` are yes; an error holds any other word
    /// than these and `0`, `false`, `no`, `off`.
    pub(crate) fn boolean(&self, key: &str) -> Option<Result<bool, String>> {
        let value = self.get(key)?;
        Some(match value.to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" | "debug" => Ok(true),
            "0" | "false" | "no" | "off" => Ok(false),
            _ => Err(value),
        })
    }

    /// A list, separated by commas, semicolons or line ends.
    pub(crate) fn list(&self, key: &str) -> Option<Vec<String>> {
        let value = self.get(key)?;
        Some(value.split([',', ';', '\n']).map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> Env {
        Env::Fixed(pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    #[test]
    fn the_longest_prefix_wins_and_an_empty_value_counts_as_not_set() {
        let all = [("AURA_AUTH_SECRET", "a"), ("AURA_SECRET", "b"), ("AUTH_SECRET", "c"), ("SECRET", "d")];
        for skipped in 0..4 {
            let mut pairs = all;
            for pair in &mut pairs[..skipped] {
                pair.1 = " ";
            }
            assert_eq!(env(&pairs).get("SECRET").as_deref(), Some(all[skipped].1));
        }
        assert_eq!(env(&[]).get("SECRET"), None);
    }

    #[test]
    fn lists_and_booleans() {
        let env = env(&[
            ("TRUSTED_ORIGINS", "https://a.example, https://b.example;\nhttps://c.example"),
            ("ON", "Yes"),
            ("ODD", "maybe"),
        ]);
        assert_eq!(env.list("TRUSTED_ORIGINS").unwrap().len(), 3);
        assert_eq!(env.boolean("ON"), Some(Ok(true)));
        assert_eq!(env.boolean("ODD"), Some(Err("maybe".into())));
        assert_eq!(env.boolean("NONE"), None);
    }
}
