use std::num::NonZeroU32;

use diesel::QueryResult;
use diesel::connection::{
    Connection, InstrumentationEvent, TransactionDepthChange, TransactionManager,
    TransactionManagerStatus,
};
use diesel::result::Error;

use super::DuckDbConnection;
use crate::error::{database_error, query_error};

/// Transactions of DuckDB, which has no `SAVEPOINT`.
///
/// Transactions within a transaction are flattened: they begin and commit nothing by themselves. Where one of them is
/// rolled back, what it did cannot be undone alone, so the outermost one is aborted.
///
/// A transaction is also aborted by DuckDB itself, when a statement fails while it runs (and not before that, as with
/// a table that is not there). DuckDB would answer `COMMIT` with success then, and roll back. Here, all that follows
/// in an aborted transaction, and its commit, are errors that say why, and it is rolled back.
#[derive(Debug, Default)]
pub struct DuckDbTransactionManager {
    status: TransactionManagerStatus,
    /// Why the transaction cannot be committed any more.
    aborted: Option<String>,
    /// Whether a transaction is open that was begun by SQL.
    by_sql: bool,
}

impl DuckDbTransactionManager {
    /// An error where the transaction is aborted.
    pub(super) fn check(&self) -> QueryResult<()> {
        match &self.aborted {
            Some(reason) => Err(database_error(format!(
                "the transaction is aborted and will be rolled back, since {reason}"
            ))),
            None => Ok(()),
        }
    }

    /// Whether a transaction is open, by all that is known.
    pub(super) fn is_open(&self) -> bool {
        self.by_sql || !matches!(self.status.transaction_depth(), Ok(None))
    }

    /// Notes what SQL says about transactions. DuckDB can only be asked by doing something.
    pub(super) fn heed(&mut self, sql: &str) {
        for statement in sql.split(';') {
            let word =
                statement.trim_start().split(|character: char| !character.is_alphabetic()).next();
            match word.unwrap_or_default().to_ascii_uppercase().as_str() {
                "BEGIN" | "START" => self.by_sql = true,
                "COMMIT" | "END" | "ROLLBACK" | "ABORT" => self.by_sql = false,
                _ => {}
            }
        }
    }

    /// Notes what an error did to the transaction. DuckDB does not say, so it is asked.
    pub(super) fn note(&mut self, connection: &duckdb::Connection, error: &str) {
        let inside = matches!(self.status.transaction_depth(), Ok(Some(_)));
        if inside && self.aborted.is_none() && connection.execute_batch("SELECT 1").is_err() {
            self.aborted = Some(format!("a statement failed: {error}"));
        }
    }

    /// Has the transaction rolled back in the end, if there is one.
    pub(super) fn abort(&mut self, reason: &str) {
        if matches!(self.status.transaction_depth(), Ok(Some(_))) {
            self.aborted.get_or_insert_with(|| reason.to_owned());
        }
    }

    fn change_depth(&mut self, change: TransactionDepthChange) -> QueryResult<()> {
        match &mut self.status {
            TransactionManagerStatus::Valid(status) => status.change_transaction_depth(change),
            TransactionManagerStatus::InError => Err(Error::BrokenTransactionManager),
        }
    }

    fn depth(&self) -> QueryResult<NonZeroU32> {
        self.status.transaction_depth()?.ok_or(Error::NotInTransaction)
    }
}

impl TransactionManager<DuckDbConnection> for DuckDbTransactionManager {
    type TransactionStateData = Self;

    fn begin_transaction(conn: &mut DuckDbConnection) -> QueryResult<()> {
        conn.heed_streams();
        let depth = conn.transaction.status.transaction_depth()?.map_or(0, NonZeroU32::get);
        let next = NonZeroU32::MIN.saturating_add(depth);
        conn.instrumentation().on_connection_event(InstrumentationEvent::begin_transaction(next));
        conn.transaction.check()?;
        if depth == 0 {
            conn.raw.execute_batch("BEGIN TRANSACTION").map_err(query_error)?;
        }
        conn.transaction.change_depth(TransactionDepthChange::IncreaseDepth)
    }

    fn rollback_transaction(conn: &mut DuckDbConnection) -> QueryResult<()> {
        conn.heed_streams();
        let depth = conn.transaction.depth()?;
        conn.instrumentation()
            .on_connection_event(InstrumentationEvent::rollback_transaction(depth));
        if depth.get() > 1 {
            conn.transaction
                .abort("a transaction within it was rolled back, and DuckDB has no savepoints");
        } else {
            conn.transaction.aborted = None;
            if let Err(error) = conn.raw.execute_batch("ROLLBACK") {
                conn.transaction.status.set_in_error();
                return Err(query_error(error));
            }
        }
        conn.transaction.change_depth(TransactionDepthChange::DecreaseDepth)
    }

    /// A failed `COMMIT` has rolled back: DuckDB leaves no transaction open then.
    fn commit_transaction(conn: &mut DuckDbConnection) -> QueryResult<()> {
        conn.heed_streams();
        let depth = conn.transaction.depth()?;
        conn.instrumentation().on_connection_event(InstrumentationEvent::commit_transaction(depth));
        let mut result = conn.transaction.check();
        if depth.get() == 1 {
            conn.transaction.aborted = None;
            let end = if result.is_ok() { "COMMIT" } else { "ROLLBACK" };
            result = result.and(conn.raw.execute_batch(end).map_err(query_error));
        }
        conn.transaction.change_depth(TransactionDepthChange::DecreaseDepth)?;
        result
    }

    fn transaction_manager_status_mut(
        conn: &mut DuckDbConnection,
    ) -> &mut TransactionManagerStatus {
        &mut conn.transaction.status
    }
}
