//! One way to the database, with a deadline for every statement.
//!
//! A server may hang, or vanish without a word, and PostgreSQL's own time-outs end with it. So a
//! statement that is not answered in time fails here. SQLite is a file in this process and needs
//! no deadline.
//!
//! What fails because two transactions stood in each other's way is noticed on the way, because
//! only then is the same change sure to be worth another try.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    ExecResult, IsolationLevel, QueryResult, RuntimeErr, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait,
};

use super::column::to_u64;
use super::error::is_contention;

/// A pool or a transaction.
pub(super) struct Connection<C> {
    inner: C,
    deadline: Option<Duration>,
    contended: Arc<AtomicBool>,
}

impl<C> Connection<C> {
    pub(super) fn new(inner: C, deadline: Option<Duration>) -> Self {
        Self {
            inner,
            deadline,
            contended: Arc::default(),
        }
    }

    pub(super) fn inner(&self) -> &C {
        &self.inner
    }

    /// What the database answers, if it does so in time.
    pub(super) async fn within<T>(
        &self,
        answer: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, DbErr> {
        within(self.deadline, &self.contended, answer).await
    }
}

impl Connection<DatabaseConnection> {
    /// Begins a transaction that writes. `contended` becomes true when the database undoes it in
    /// favour of another one.
    pub(super) async fn begin(
        &self,
        contended: Arc<AtomicBool>,
    ) -> Result<Connection<DatabaseTransaction>, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let begun = self.inner.begin_with_options(options);
        Ok(Connection {
            inner: within(self.deadline, &contended, begun).await?,
            deadline: self.deadline,
            contended,
        })
    }

    /// Begins a transaction that reads, and sees one state of the database for as long as it takes.
    pub(super) async fn snapshot(&self) -> Result<DatabaseTransaction, DbErr> {
        let transaction = self.short_snapshot().await?;
        if self.inner.get_database_backend() == DbBackend::Postgres {
            let lift = "SET LOCAL statement_timeout = 0; \
                        SET LOCAL idle_in_transaction_session_timeout = 0";
            transaction.execute_unprepared(lift).await?;
        }
        Ok(transaction)
    }

    /// The same for what somebody waits for: each statement has its timeout.
    pub(super) async fn short_snapshot(&self) -> Result<DatabaseTransaction, DbErr> {
        let postgres = self.inner.get_database_backend() == DbBackend::Postgres;
        let options = TransactionOptions {
            isolation_level: postgres.then_some(IsolationLevel::RepeatableRead),
            access_mode: postgres.then_some(AccessMode::ReadOnly),
            ..TransactionOptions::default()
        };
        self.within(self.inner.begin_with_options(options)).await
    }
}

impl Connection<DatabaseTransaction> {
    /// The transaction, for work that may take any time: migrations, rebuilds.
    pub(super) async fn without_deadline(&self) -> Result<&DatabaseTransaction, DbErr> {
        if self.get_database_backend() == DbBackend::Postgres {
            let lift = "SET LOCAL statement_timeout = 0";
            self.execute_unprepared(lift).await?;
        }
        Ok(&self.inner)
    }

    pub(super) async fn commit(self) -> Result<(), DbErr> {
        within(self.deadline, &self.contended, self.inner.commit()).await
    }
}

#[async_trait::async_trait]
impl<C: ConnectionTrait> ConnectionTrait for Connection<C> {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.within(self.inner.execute_raw(statement)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.within(self.inner.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.within(self.inner.query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.within(self.inner.query_all_raw(statement)).await
    }
}

/// The number in the first column of what a query finds.
pub(super) async fn number(sql: &impl ConnectionTrait, query: &str) -> Result<u64, DbErr> {
    let statement = Statement::from_string(sql.get_database_backend(), query);
    let row = sql.query_one_raw(statement).await?;
    let found: Option<i64> = row.map(|row| row.try_get_by_index(0)).transpose()?;
    Ok(found.map_or(0, to_u64))
}

async fn within<T>(
    deadline: Option<Duration>,
    contended: &AtomicBool,
    answer: impl Future<Output = Result<T, DbErr>>,
) -> Result<T, DbErr> {
    let result = match deadline {
        None => answer.await,
        Some(deadline) => match tokio::time::timeout(deadline, answer).await {
            Ok(result) => result,
            Err(_) => Err(DbErr::Conn(RuntimeErr::Internal(format!(
                "the database did not answer within {} ms",
                deadline.as_millis()
            )))),
        },
    };
    if result.as_ref().is_err_and(is_contention) {
        contended.store(true, Ordering::Relaxed);
    }
    result
}
