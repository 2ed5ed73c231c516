use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{Error, PgConnection, PgPool, Postgres, Transaction};

#[derive(Clone)]
pub(super) struct Database {
    pub(super) pool: PgPool,
    pub(super) behind_pooler: bool,
}

/// A connection, and perhaps a transaction on it. If it is dropped without [`finish`](Self::finish), the transaction is
/// rolled back.
pub(super) enum Work {
    Statement(PoolConnection<Postgres>),
    Transaction(Transaction<'static, Postgres>),
}

impl Database {
    /// Starts the work of one statement. Preparing and running it are two exchanges of messages, which a pooler in
    /// transaction mode sends to different connections if they are not in a transaction.
    pub(super) async fn statement(&self) -> Result<Work, Error> {
        if self.behind_pooler {
            return self.transaction().await;
        }
        Ok(Work::Statement(self.pool.acquire().await?))
    }

    /// Starts the work of several statements. After a wait for a lock, each sees what others have committed meanwhile.
    pub(super) async fn transaction(&self) -> Result<Work, Error> {
        Ok(Work::Transaction(self.pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?))
    }

    pub(super) fn query(&self, sql: &'static str) -> Query<'static, Postgres, PgArguments> {
        sqlx::query(sql).persistent(!self.behind_pooler)
    }
}

impl Work {
    /// Commits the transaction, if there is one.
    pub(super) async fn finish(self) -> Result<(), Error> {
        match self {
            Self::Statement(_) => Ok(()),
            Self::Transaction(transaction) => transaction.commit().await,
        }
    }
}

impl Deref for Work {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        match self {
            Self::Statement(connection) => connection,
            Self::Transaction(transaction) => transaction,
        }
    }
}

impl DerefMut for Work {
    fn deref_mut(&mut self) -> &mut PgConnection {
        match self {
            Self::Statement(connection) => connection,
            Self::Transaction(transaction) => transaction,
        }
    }
}
