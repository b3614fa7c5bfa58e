//! [`AsyncStore`]: an open store whose answers a program awaits.
//!
//! What is asked of a database is made where it is made for [`OpenStore`](super::OpenStore): sources, plans, queries, rows that are
//! completed. Here it is only sent, and awaited.

mod samples;
mod set;

pub use set::Batches;

use super::{
    DeleteOptions, HashAlgorithm, Increment, ReadOptions, ResolveOptions, Row, RowsError,
    WriteOptions,
    append::Inserts,
    base::Base,
    delete,
    finish::{GROUPS, Groups, PREPARING},
    open::database,
    plan::Plan,
    read::{self, counted_source, meant, selected},
    resolve::{self, Samples, increment},
    source::Source,
    write::{self, Incoming},
};
use crate::{
    backend::{AsyncConnection, InspectError},
    schema::{Column, Schema, TableName},
    store::Store,
};
use metaxy_core::{FeatureGraph, FeatureKey};
use std::{collections::BTreeSet, fmt, marker::PhantomData, mem};

/// A store that is open, for the features of a graph, and does as [`OpenStore`](super::OpenStore) does without keeping the thread
/// waiting: on PostgreSQL, MySQL and MariaDB.
///
/// `C` is how the program uses the database through `diesel-async`: an `AsyncPgConnection` or `AsyncMysqlConnection`, or an
/// [`AsyncConnection`] where it does not matter which it is. Rows are inserted by statements of many rows, also on PostgreSQL,
/// where [`OpenStore`](super::OpenStore) has the faster `COPY`. Fallback stores are not asked, and nobody listens.
///
/// A future may be dropped before it is ready: what it was about to write is not written. On MySQL and MariaDB the client cannot
/// go on then, and the store says so: open it anew.
///
/// ```no_run
/// use metaxy_core::{FeatureGraph, FeatureKey};
/// use metaxy_diesel::{
///     Backend,
///     rows::{AsyncStore, ResolveOptions, RowsError, WriteOptions},
///     store::Store,
/// };
///
/// async fn update(graph: &FeatureGraph, crop: &FeatureKey) -> Result<(), RowsError> {
///     let store = Store::new("prod", Backend::Postgres, "postgres://localhost/video");
///     let mut store: AsyncStore = store.open_async(graph).await?;
///     let increment = store.resolve_rows(crop, ResolveOptions::default()).await?;
///     let mut batches = store.batches(&increment.new, 1_000).await?;
///     while let Some(rows) = batches.next_rows(&mut store).await? {
///         store.write_rows(crop, rows, &WriteOptions::default()).await?;
///     }
///     Ok(())
/// }
/// ```
pub struct AsyncStore<'g, C = AsyncConnection> {
    base: Base<'g>,
    connection: AsyncConnection,
    /// Whether the session expects queries of ours.
    expects_ours: bool,
    /// Whether a transaction was begun that nobody ended: its future was dropped.
    in_transaction: bool,
    kind: PhantomData<fn() -> C>,
}

/// A connection that a store can be used through.
pub trait AsyncStoreConnection: Sized + Send + 'static {
    /// The connection, where it is of this kind.
    fn of(connection: &mut AsyncConnection) -> Option<&mut Self>;
}

impl AsyncStoreConnection for AsyncConnection {
    fn of(connection: &mut AsyncConnection) -> Option<&mut Self> {
        Some(connection)
    }
}

#[cfg(feature = "postgres")]
impl AsyncStoreConnection for diesel_async::AsyncPgConnection {
    fn of(connection: &mut AsyncConnection) -> Option<&mut Self> {
        connection.postgres()
    }
}

#[cfg(feature = "mysql")]
impl AsyncStoreConnection for diesel_async::AsyncMysqlConnection {
    fn of(connection: &mut AsyncConnection) -> Option<&mut Self> {
        connection.mysql()
    }
}

impl Store {
    /// Opens the database for the rows of a graph's features, on a server.
    ///
    /// # Errors
    ///
    /// [`RowsError::Connect`] where the server is not reached, [`RowsError::OtherDatabase`] where there is no asynchronous client
    /// for the database, or `C` is for another, and [`RowsError::UnknownHash`] where the store's hash is none that is known.
    pub async fn open_async<'g, C: AsyncStoreConnection>(
        &self,
        graph: &'g FeatureGraph,
    ) -> Result<AsyncStore<'g, C>, RowsError> {
        match AsyncConnection::establish(self.backend, &self.url).await {
            Some(connection) => self.open_async_with(connection?, graph).await,
            None => Err(RowsError::OtherDatabase { found: self.backend }),
        }
    }

    /// Takes a connection that is there: one with TLS, which those that a URL leads to do not have.
    ///
    /// # Errors
    ///
    /// As [`open_async`](Self::open_async).
    pub async fn open_async_with<'g, C: AsyncStoreConnection>(
        &self,
        connection: impl Into<AsyncConnection>,
        graph: &'g FeatureGraph,
    ) -> Result<AsyncStore<'g, C>, RowsError> {
        let mut connection = connection.into();
        if C::of(&mut connection).is_none() {
            return Err(RowsError::OtherDatabase { found: self.backend });
        }
        let base = Base::new(self, graph)?;
        connection.prepare_rows().await.map_err(RowsError::Session)?;
        let (expects_ours, in_transaction) = (false, false);
        Ok(AsyncStore { base, connection, expects_ours, in_transaction, kind: PhantomData })
    }
}

impl<'g, C> AsyncStore<'g, C> {
    /// The features.
    pub fn graph(&self) -> &'g FeatureGraph {
        self.base.graph
    }

    /// What versions of samples are hashed with.
    pub fn hash_algorithm(&self) -> HashAlgorithm {
        self.base.hashing.algorithm
    }

    /// The connection, for queries of your own.
    ///
    /// # Errors
    ///
    /// [`RowsError::Session`] where the database does not answer.
    pub async fn connection(&mut self) -> Result<&mut C, RowsError>
    where
        C: AsyncStoreConnection,
    {
        let expects_ours = mem::take(&mut self.expects_ours);
        let driver = self.driver().await.map_err(RowsError::Session)?;
        if expects_ours {
            driver.expect_whole_tables(false).await.map_err(RowsError::Session)?;
        }
        Ok(C::of(&mut self.connection).expect("it was checked when it was opened"))
    }

    /// Appends rows to a feature, all of them or, where one is refused, none. Returns how many there are. See
    /// [`OpenStore::write_rows`](super::OpenStore::write_rows).
    ///
    /// # Errors
    ///
    /// [`RowsError`] where the table lacks a column, where a row lacks its provenance, or where the database refuses a row.
    pub async fn write_rows(
        &mut self,
        feature: &FeatureKey,
        rows: impl IntoIterator<Item = Row>,
        options: &WriteOptions,
    ) -> Result<usize, RowsError> {
        let source = self.source(feature, &ReadOptions::default()).await?;
        let rows = rows.into_iter().map(Ok);
        let mut incoming = Incoming::new(rows, &source, options, &mut self.base)?;
        self.begin().await.map_err(database(write::DOING, feature))?;
        // A statement has one list of columns: where another row begins to have others, so does another statement.
        while let Some(columns) = incoming.columns() {
            while let Some(rows) = incoming.of_columns(&columns) {
                let inserted = self.insert(&source.table.name, &columns, rows).await;
                if let Err(error) = inserted {
                    return Err(self.undo(database(write::DOING, feature)(error)).await);
                }
            }
        }
        match incoming.end() {
            Ok(written) => self.commit().await.map(|()| written),
            Err(error) => return Err(self.undo(error).await),
        }
        .map_err(database(write::DOING, feature))
    }

    /// The rows of a feature, with all their columns, in no particular order.
    ///
    /// # Errors
    ///
    /// [`RowsError`] where the table or a column that a filter names is not there, or where the database does not answer.
    pub async fn read_rows(
        &mut self,
        feature: &FeatureKey,
        options: &ReadOptions,
    ) -> Result<Vec<Row>, RowsError> {
        let query = selected(&self.source(feature, options).await?, self.base.dialect());
        self.connection.rows(query).await.map_err(database(read::READING, feature))
    }

    /// How many rows [`read_rows`](Self::read_rows) would read.
    ///
    /// # Errors
    ///
    /// As [`read_rows`](Self::read_rows).
    pub async fn count_rows(
        &mut self,
        feature: &FeatureKey,
        options: &ReadOptions,
    ) -> Result<u64, RowsError> {
        let query = counted_source(&self.source(feature, options).await?, self.base.dialect());
        self.connection.count(query).await.map_err(database(read::COUNTING, feature))
    }

    /// What has to be done so that a feature agrees with what is upstream: see
    /// [`OpenStore::resolve_rows`](super::OpenStore::resolve_rows). The sets are asked by this store:
    /// [`rows`](Self::rows), [`count`](Self::count), [`stream_rows`](Self::stream_rows), [`batches`](Self::batches).
    ///
    /// # Errors
    ///
    /// As [`OpenStore::resolve_rows`](super::OpenStore::resolve_rows).
    pub async fn resolve_rows(
        &mut self,
        feature: &FeatureKey,
        mut options: ResolveOptions,
    ) -> Result<Increment, RowsError> {
        let names = Plan::tables(self.base.tables(), feature)?;
        let found = self.inspect(&names).await?;
        let samples = match options.samples.take() {
            None => None,
            Some(rows) => Some(self.keep_samples(feature, &found, rows).await?),
        };
        let (tables, hashing) = (self.base.tables(), self.base.hashing);
        let plan = Plan::new(tables, &found, feature, &options, samples, hashing)?;
        Ok(increment(&mut self.base, feature, plan))
    }

    /// Deletes the samples of a feature that the filters of the options mean, and returns how many rows that were: see
    /// [`OpenStore::delete_rows`](super::OpenStore::delete_rows).
    ///
    /// # Errors
    ///
    /// [`RowsError`] where the table or a column that a filter names is not there, or where the database refuses.
    pub async fn delete_rows(
        &mut self,
        feature: &FeatureKey,
        options: &DeleteOptions,
    ) -> Result<usize, RowsError> {
        let source = self.source(feature, &delete::meant_by(options)).await?;
        let statement = delete::deletion(&source, options, &mut self.base);
        self.connection.execute(statement).await.map_err(database(delete::DOING, feature))
    }

    /// Removes all rows of a feature, of whatever version, and returns how many there were.
    ///
    /// # Errors
    ///
    /// As [`delete_rows`](Self::delete_rows).
    pub async fn drop_rows(&mut self, feature: &FeatureKey) -> Result<usize, RowsError> {
        self.delete_rows(feature, &delete::ALL).await
    }

    /// The connection, in no transaction.
    async fn driver(&mut self) -> diesel::QueryResult<&mut AsyncConnection> {
        if self.in_transaction {
            self.connection.batch("ROLLBACK").await?;
            self.in_transaction = false;
        }
        Ok(&mut self.connection)
    }

    async fn begin(&mut self) -> diesel::QueryResult<()> {
        self.driver().await?;
        self.in_transaction = true;
        self.connection.batch("BEGIN").await
    }

    async fn commit(&mut self) -> diesel::QueryResult<()> {
        self.connection.batch("COMMIT").await?;
        self.in_transaction = false;
        Ok(())
    }

    /// Undoes what the transaction did. What failed first is what to tell.
    async fn undo(&mut self, error: RowsError) -> RowsError {
        _ = self.driver().await;
        error
    }

    /// The rows that options mean.
    async fn source(
        &mut self,
        feature: &FeatureKey,
        options: &ReadOptions,
    ) -> Result<Source, RowsError> {
        let names = BTreeSet::from([self.base.tables().name(feature)]);
        let found = self.inspect(&names).await?;
        meant(self.base.tables(), &found, feature, options)
    }

    /// The tables of these names that are there. Each is looked at once.
    async fn inspect(&mut self, tables: &BTreeSet<TableName>) -> Result<Schema, RowsError> {
        let unknown = self.base.unknown(tables);
        let connection = self.driver().await.map_err(InspectError::from)?;
        if !unknown.is_empty() {
            let found = connection.inspect(&unknown).await.map_err(InspectError::from)?;
            self.base.learn(found);
        }
        Ok(self.base.known(tables))
    }

    async fn insert(
        &mut self,
        table: &TableName,
        columns: &[Column],
        rows: Vec<Row>,
    ) -> diesel::QueryResult<()> {
        let inserts = Inserts::new(self.base.dialect(), table, columns, None);
        for insert in inserts.of(rows) {
            self.connection.execute(insert).await?;
        }
        Ok(())
    }

    /// Puts samples into a temporary table, with all versions, and returns its columns.
    async fn keep_samples(
        &mut self,
        feature: &FeatureKey,
        found: &Schema,
        rows: Vec<Row>,
    ) -> Result<(TableName, Vec<String>), RowsError> {
        let failed = |error| database(resolve::KEEPING, feature)(error);
        let samples = Samples::new(&mut self.base, feature, found, rows)?;
        let Samples { table, columns, create, rows } = samples;
        self.connection.execute(create).await.map_err(failed)?;
        self.insert(&table, &columns, rows).await.map_err(failed)?;
        Ok((table, columns.into_iter().map(|it| it.name).collect()))
    }

    /// Makes all ready for a query, with the temporary tables that it needs.
    async fn begin_query(
        &mut self,
        feature: &FeatureKey,
        groups: &[Groups],
    ) -> Result<(), RowsError> {
        let failed = |error| database(PREPARING, feature)(error);
        self.expects_ours = true;
        let connection = self.driver().await.map_err(failed)?;
        connection.expect_whole_tables(true).await.map_err(failed)?;
        for it in groups {
            self.make_groups(it).await.map_err(failed)?;
        }
        Ok(())
    }

    async fn make_groups(&mut self, groups: &Groups) -> diesel::QueryResult<()> {
        for statement in groups.begin() {
            self.connection.execute(statement).await?;
        }
        let (texts, columns) = (groups.texts(), groups.all_columns());
        self.connection.keep(&texts, &groups.query).await?;
        let mut after = 0;
        loop {
            let rows = self.connection.kept(&texts, after, GROUPS).await?;
            if rows.is_empty() {
                return self.connection.forget(&texts).await;
            }
            after += rows.len() as u64;
            self.insert(&groups.table, &columns, groups.hashed(rows)).await?;
        }
    }
}

impl<C> fmt::Debug for AsyncStore<'_, C> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "AsyncStore({})", self.base.backend)
    }
}
