#![allow(clippy::print_stdout, reason = "a command line talks to a person")]

use std::error::Error as _;
use std::fmt;
use std::path::PathBuf;

use aura_auth::AuthBuilder;
use aura_auth::store::{MemoryStore, PostgresOptions, PostgresStore, SqliteOptions, SqliteStore, StoreError};
use clap::{Args, ValueEnum};

/// The settings of the database.
#[derive(Args)]
pub(super) struct DatabaseOptions {
    // `--help` prints the values of other variables. This one can have a password in it.
    /// Keep sessions in this database, and not in cookies: sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE. Put a
    /// URL with a password into the variable: other users of the computer can see arguments
    #[arg(long, global = true, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database: Option<DatabaseUrl>,
    /// The pooler between the app and PostgreSQL
    #[arg(long, global = true, value_name = "MODE", env = "DATABASE_POOLER", default_value_t, value_enum)]
    database_pooler: Pooler,
}

/// The URL as it was given. It has no `Debug`, because it can have a password in it.
#[derive(Clone)]
struct DatabaseUrl(String);

impl From<String> for DatabaseUrl {
    fn from(url: String) -> Self {
        Self(url)
    }
}

/// The pooler between the app and PostgreSQL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Pooler {
    /// No pooler, or one that gives a client the same connection until it disconnects, or PgBouncer 1.21 or later
    #[default]
    None,
    /// A pooler that gives each transaction another connection, such as PgBouncer with pool_mode = transaction
    Transaction,
}

impl fmt::Display for Pooler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_possible_value().as_ref().map_or("", |value| value.get_name()))
    }
}

/// Where sessions are kept.
#[derive(PartialEq, Eq)]
pub(super) enum Database {
    /// In the browsers' cookies.
    None,
    Sqlite(PathBuf),
    Postgres {
        url: String,
        pooler: Pooler,
    },
}

/// An open database.
#[derive(Clone)]
pub(super) enum SessionStore {
    /// Sessions are in cookies.
    None,
    /// Stands for a database while the other settings are checked.
    Memory(MemoryStore),
    Sqlite(SqliteStore),
    Postgres(PostgresStore),
}

impl DatabaseOptions {
    /// Checks the settings without opening the database.
    ///
    /// # Errors
    ///
    /// If the database can't be used: one line, with the fix and without the URL.
    pub(super) fn database(&self) -> Result<Database, String> {
        // Elsewhere in the configuration an empty value counts as not set, too.
        let url = self.database.as_ref().map(|url| &*url.0).filter(|url| !url.is_empty());
        let database = url.map_or(Ok(Database::None), |url| parse(url, self.database_pooler))?;
        if self.database_pooler != Pooler::None && !matches!(database, Database::Postgres { .. }) {
            return Err("DATABASE_POOLER is for PostgreSQL only: remove it, or set DATABASE_URL to a URL like \
                        postgres://USER:PASSWORD@HOST/DATABASE"
                .to_owned());
        }
        Ok(database)
    }
}

impl Database {
    /// Opens the database, and creates its tables or brings them up to date.
    ///
    /// # Errors
    ///
    /// If the database can't be opened: one line, with the fix and without the password.
    pub(super) async fn open(&self) -> Result<SessionStore, String> {
        self.open_and(true).await.map_err(|error| {
            let fix = match self {
                Self::Postgres { .. } => "check the user, password, host and database of DATABASE_URL",
                _ => "check that DATABASE_URL has the path of a SQLite database, in a folder that the app may write to",
            };
            let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
            format!("{self} can't be opened ({cause}): {fix}")
        })
    }

    async fn open_and(&self, migrate: bool) -> Result<SessionStore, StoreError> {
        match self {
            Self::None => Ok(SessionStore::None),
            Self::Sqlite(path) => SqliteOptions::default().migrate(migrate).open(path).await.map(SessionStore::Sqlite),
            Self::Postgres { url, pooler } => {
                let options = PostgresOptions::default().migrate(migrate);
                let options = match pooler {
                    Pooler::None => options,
                    Pooler::Transaction => options.pooler_in_transaction_mode(),
                };
                options.connect(url).await.map(SessionStore::Postgres)
            }
        }
    }
}

impl SessionStore {
    /// Returns a store that needs no database, to check the other settings with.
    pub(super) fn stand_in(database: &Result<Database, String>) -> Self {
        if *database == Ok(Database::None) { Self::None } else { Self::Memory(MemoryStore::default()) }
    }

    /// Makes the app keep its sessions here.
    pub(super) fn keep_sessions(&self, builder: AuthBuilder) -> AuthBuilder {
        match self.clone() {
            Self::None => builder,
            Self::Memory(store) => builder.store(store),
            Self::Sqlite(store) => builder.store(store),
            Self::Postgres(store) => builder.store(store),
        }
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("the browsers' cookies"),
            Self::Sqlite(path) => write!(f, "the SQLite database {}", path.display()),
            Self::Postgres { url, .. } => {
                let address = url.split_once("://").map_or("", |(_, address)| address);
                let address = address.split('?').next().unwrap_or_default();
                let address = address.rsplit('@').next().unwrap_or_default();
                let space = if address.is_empty() { "" } else { " " };
                write!(f, "the PostgreSQL database{space}{address}")
            }
        }
    }
}

/// Brings the tables of the database up to date, or prints the SQL for it, and says what was done.
///
/// # Errors
///
/// If there is no database, or it can't be used: one line, with the fix.
#[tokio::main]
pub(super) async fn migrate(options: &DatabaseOptions, print: bool) -> Result<(), String> {
    let database = options.database()?;
    if print {
        match database {
            Database::None => return Err(no_tables()),
            Database::Sqlite(_) => print!("{}", SqliteStore::migrations()),
            Database::Postgres { .. } => print!("{}", PostgresStore::migrations()),
        }
        return Ok(());
    }
    if database == Database::None {
        return Err(no_tables());
    }
    // Without the permission to migrate, this fails if a table is missing or old.
    if database.open_and(false).await.is_ok() {
        println!("The tables in {database} are up to date: there was nothing to do.");
        return Ok(());
    }
    database.open().await?;
    println!("The tables in {database} have been created or changed, and are up to date.");
    Ok(())
}

fn no_tables() -> String {
    "DATABASE_URL is not set, so sessions are in cookies and there are no tables: set it to a URL like \
     sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE"
        .to_owned()
}

fn parse(url: &str, pooler: Pooler) -> Result<Database, String> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() || path.contains('?') {
            return Err("DATABASE_URL is not the URL of a SQLite database: write `sqlite:` and the path of the file, \
                        without parameters"
                .to_owned());
        }
        return Ok(Database::Sqlite(PathBuf::from(path)));
    }
    let address = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"));
    let Some(address) = address else {
        return Err("DATABASE_URL is not the URL of a database that the app can use: set it to a URL like \
                    sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE"
            .to_owned());
    };
    // These characters end the part with the password. What follows would be taken for a path or for parameters, which
    // logs may show.
    if address.split_once(['/', '?', '#']).is_some_and(|(_, rest)| rest.contains('@')) {
        return Err("DATABASE_URL has the character `/`, `?` or `#` in its user or password, or `@` after its host: \
                    write %2F, %3F, %23 or %40 for it"
            .to_owned());
    }
    Ok(Database::Postgres { url: url.to_owned(), pooler })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(url: &str, database_pooler: Pooler) -> Result<Database, String> {
        DatabaseOptions { database: Some(DatabaseUrl(url.to_owned())), database_pooler }.database()
    }

    #[test]
    fn the_scheme_of_the_url_chooses_the_database() {
        for (url, path) in [
            ("sqlite:aura.db", "aura.db"),
            ("sqlite://aura.db", "aura.db"),
            ("sqlite:/var/lib/aura.db", "/var/lib/aura.db"),
            ("sqlite:///var/lib/aura.db", "/var/lib/aura.db"),
            ("sqlite::memory:", ":memory:"),
        ] {
            assert!(database(url, Pooler::None) == Ok(Database::Sqlite(path.into())), "{url}");
        }
        for url in ["postgres://app:pw@db.example/app?sslmode=require", "postgresql:///app?host=/run/postgresql"] {
            for pooler in [Pooler::None, Pooler::Transaction] {
                assert!(database(url, pooler) == Ok(Database::Postgres { url: url.to_owned(), pooler }), "{url}");
            }
        }
        assert!(database("", Pooler::None) == Ok(Database::None));
    }

    #[test]
    fn an_unusable_url_is_refused_with_its_fix_and_without_its_password() {
        for (url, pooler, part) in [
            ("mysql://app:hunter2@db/app", Pooler::None, "a URL like sqlite:FILE"),
            ("hunter2", Pooler::None, "a URL like sqlite:FILE"),
            ("sqlite:", Pooler::None, "the path of the file"),
            ("sqlite:aura.db?mode=rwc", Pooler::None, "without parameters"),
            ("postgres://app:1?hunter2@db/app", Pooler::None, "%3F"),
            ("postgres://app:1/hunter2@db/app", Pooler::None, "%2F"),
            ("postgres://app:1#hunter2@db/app", Pooler::None, "%23"),
            ("sqlite:aura.db", Pooler::Transaction, "DATABASE_POOLER is for PostgreSQL only"),
            ("", Pooler::Transaction, "DATABASE_POOLER is for PostgreSQL only"),
        ] {
            let Err(error) = database(url, pooler) else { panic!("{url} is accepted") };
            assert!(error.contains(part) && !error.contains("hunter2") && error.lines().count() == 1, "{url}: {error}");
        }
    }

    #[test]
    fn the_name_of_a_database_is_without_user_and_password() {
        for (url, name) in [
            ("sqlite:aura.db", "the SQLite database aura.db"),
            ("postgres://app:hunter2@db:5433/app?sslmode=require", "the PostgreSQL database db:5433/app"),
            ("postgres://db/app?password=hunter2", "the PostgreSQL database db/app"),
            ("postgres://app:hunt@er2@db/app", "the PostgreSQL database db/app"),
            ("postgres://?host=/run/postgresql", "the PostgreSQL database"),
            ("", "the browsers' cookies"),
        ] {
            assert_eq!(database(url, Pooler::None).map(|database| database.to_string()).as_deref(), Ok(name));
        }
    }
}
