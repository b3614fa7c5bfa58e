//! [`AsyncConnection`]: an open database whose answers a program awaits, by `diesel-async`.

use super::{
    Backend, ConnectError, connect_error::redact_message, driver::Count, load::Load,
    statement::Statement,
};
use crate::{
    rows::Row,
    schema::{Schema, TableName},
};
use diesel::{QueryResult, deserialize::FromSqlRow, result::Error, sql_types::Untyped};
use diesel_async::{AsyncConnection as _, RunQueryDsl, SimpleAsyncConnection};
use futures_util::{StreamExt, stream::BoxStream};
use metaxy_core::config::Secret;
use std::{collections::BTreeSet, mem};

#[cfg(feature = "postgres")]
use super::postgres;
#[cfg(feature = "mysql")]
use super::{
    driver::{kept, without_numbers},
    mysql,
};
#[cfg(feature = "mysql")]
use diesel::mysql::Mysql;
#[cfg(feature = "postgres")]
use diesel::pg::Pg;
#[cfg(feature = "mysql")]
use diesel_async::AsyncMysqlConnection;
#[cfg(feature = "postgres")]
use diesel_async::AsyncPgConnection;

/// An open database whose answers a program awaits.
pub struct AsyncConnection {
    kind: Kind,
    /// Whether it was asked something that nobody waited for.
    is_asked: bool,
}

enum Kind {
    #[cfg(feature = "postgres")]
    Postgres(Box<AsyncPgConnection>),
    #[cfg(feature = "mysql")]
    Mysql(Box<AsyncMysqlConnection>),
}

/// Asks a connection something, in one way or another by its kind.
macro_rules! ask {
    ($connection:ident, Postgres($pg:ident) => $of_pg:expr, Mysql($mysql:ident) => $of_mysql:expr) => {{
        $connection.begin_to_ask()?;
        let done = match &mut $connection.kind {
            #[cfg(feature = "postgres")]
            Kind::Postgres($pg) => $of_pg,
            #[cfg(feature = "mysql")]
            Kind::Mysql($mysql) => $of_mysql,
        };
        $connection.is_asked = false;
        done
    }};
    ($connection:ident, $it:ident => $do:expr) => {
        ask!($connection, Postgres($it) => $do, Mysql($it) => $do)
    };
}

impl AsyncConnection {
    /// Opens a database; `None`: there is no such client of this kind.
    pub(crate) async fn establish(
        backend: Backend,
        url: &Secret,
    ) -> Option<Result<Self, ConnectError>> {
        let failed = |error: diesel::ConnectionError| ConnectError::Other {
            database: url.to_string(),
            message: redact_message(&error.to_string(), url),
        };
        match backend {
            #[cfg(feature = "postgres")]
            Backend::Postgres => {
                let connection = AsyncPgConnection::establish(url.expose()).await;
                Some(connection.map(Self::from).map_err(failed))
            }
            #[cfg(feature = "mysql")]
            Backend::Mysql | Backend::MariaDb => {
                let address = match mysql::connect::address(backend, url.expose()) {
                    // As this client calls it.
                    Ok(address) => address.replace("unix_socket=", "socket="),
                    Err(error) => return Some(Err(error)),
                };
                let connection = AsyncMysqlConnection::establish(&address).await;
                Some(connection.map(Self::from).map_err(failed))
            }
            _ => None,
        }
    }

    /// The connection, where it is to PostgreSQL.
    #[cfg(feature = "postgres")]
    pub fn postgres(&mut self) -> Option<&mut AsyncPgConnection> {
        match &mut self.kind {
            Kind::Postgres(connection) => Some(connection),
            #[cfg(feature = "mysql")]
            Kind::Mysql(_) => None,
        }
    }

    /// The connection, where it is to MySQL or MariaDB.
    #[cfg(feature = "mysql")]
    pub fn mysql(&mut self) -> Option<&mut AsyncMysqlConnection> {
        match &mut self.kind {
            Kind::Mysql(connection) => Some(connection),
            #[cfg(feature = "postgres")]
            Kind::Postgres(_) => None,
        }
    }

    /// Makes the session one that writes and resolves rows.
    pub(crate) async fn prepare_rows(&mut self) -> QueryResult<()> {
        ask!(self, Postgres(_it) => Ok(()), Mysql(it) => {
            it.batch_execute(mysql::dialect::SQL_MODE).await?;
            it.batch_execute(mysql::rows::SESSION).await
        })
    }

    /// Has the database expect queries that join whole tables, or as it did before.
    #[cfg_attr(not(feature = "postgres"), expect(unused_variables, reason = "one database does"))]
    pub(crate) async fn expect_whole_tables(&mut self, on: bool) -> QueryResult<()> {
        ask!(
            self,
            Postgres(it) => it.batch_execute(postgres::rows::expect_whole_tables(on)).await,
            Mysql(_it) => Ok(())
        )
    }

    /// Runs one statement.
    pub(crate) async fn execute(&mut self, statement: Statement) -> QueryResult<usize> {
        ask!(self, it => statement.execute(&mut **it).await)
    }

    /// Runs one statement as it is. What begins and ends transactions is one such: where a future of `diesel-async`'s own
    /// transactions is dropped, the connection is lost.
    pub(crate) async fn batch(&mut self, sql: &str) -> QueryResult<()> {
        ask!(self, it => it.batch_execute(sql).await)
    }

    /// The rows of a query, whatever its columns are.
    pub(crate) async fn rows(&mut self, query: Statement) -> QueryResult<Vec<Row>> {
        ask!(self, it => query.load(&mut **it).await)
    }

    /// The column `count` of the one row of a query.
    pub(crate) async fn count(&mut self, query: Statement) -> QueryResult<u64> {
        ask!(self, it => query.get_result::<Count>(&mut **it).await.map(Count::get))
    }

    /// The rows of a query as they come.
    pub(crate) async fn stream(
        &mut self,
        query: Statement,
    ) -> QueryResult<BoxStream<'_, QueryResult<Row>>> {
        ask!(self, it => query.load_stream(&mut **it).await.map(StreamExt::boxed))
    }

    /// The tables of these names that are there.
    pub(crate) async fn inspect(&mut self, names: &BTreeSet<TableName>) -> QueryResult<Schema> {
        ask!(
            self,
            Postgres(it) => postgres::inspect::inspect_by(&mut **it, names).await,
            Mysql(it) => mysql::inspect::inspect_by(&mut **it, names).await
        )
    }

    /// Keeps the rows of a query for the session.
    pub(crate) async fn keep(&mut self, name: &TableName, query: &Statement) -> QueryResult<()> {
        let keep = match &self.kind {
            #[cfg(feature = "postgres")]
            Kind::Postgres(_) => postgres::rows::keep(name, query),
            #[cfg(feature = "mysql")]
            Kind::Mysql(_) => mysql::rows::keep(name, query),
        };
        self.execute(keep).await.map(|_| ())
    }

    /// The next rows of those kept, at most so many; `after` are behind.
    #[cfg_attr(not(feature = "mysql"), expect(unused_variables, reason = "cursors know it"))]
    pub(crate) async fn kept(
        &mut self,
        name: &TableName,
        after: u64,
        count: usize,
    ) -> QueryResult<Vec<Row>> {
        ask!(
            self,
            Postgres(it) => postgres::rows::fetch(name, count).load(&mut **it).await,
            Mysql(it) => kept(name, after, count).load(&mut **it).await.map(without_numbers)
        )
    }

    /// Gives up rows that were kept.
    pub(crate) async fn forget(&mut self, name: &TableName) -> QueryResult<()> {
        let forget = match &self.kind {
            #[cfg(feature = "postgres")]
            Kind::Postgres(_) => postgres::rows::close(name),
            #[cfg(feature = "mysql")]
            Kind::Mysql(_) => mysql::rows::forget(name),
        };
        self.execute(forget).await.map(|_| ())
    }

    /// Refuses to go on where a future was dropped in the midst of an answer, and the client would take the rest of it for the
    /// next one: that of MySQL does.
    fn begin_to_ask(&mut self) -> QueryResult<()> {
        let loses_its_place = match &self.kind {
            #[cfg(feature = "postgres")]
            Kind::Postgres(_) => false,
            #[cfg(feature = "mysql")]
            Kind::Mysql(_) => true,
        };
        match mem::replace(&mut self.is_asked, true) && loses_its_place {
            true => Err(Error::QueryBuilderError(GIVEN_UP.into())),
            false => Ok(()),
        }
    }
}

const GIVEN_UP: &str = "a future was dropped while the server answered, and its client cannot go on: open the store anew";

#[cfg(feature = "postgres")]
impl From<AsyncPgConnection> for AsyncConnection {
    fn from(connection: AsyncPgConnection) -> Self {
        Self { kind: Kind::Postgres(Box::new(connection)), is_asked: false }
    }
}

#[cfg(feature = "mysql")]
impl From<AsyncMysqlConnection> for AsyncConnection {
    fn from(connection: AsyncMysqlConnection) -> Self {
        Self { kind: Kind::Mysql(Box::new(connection)), is_asked: false }
    }
}

#[cfg(feature = "postgres")]
impl Load<Pg> for AsyncPgConnection {
    async fn load<T>(&mut self, query: Statement) -> QueryResult<Vec<T>>
    where
        T: FromSqlRow<Untyped, Pg> + Send + 'static,
    {
        RunQueryDsl::load(query, self).await
    }
}

#[cfg(feature = "mysql")]
impl Load<Mysql> for AsyncMysqlConnection {
    async fn load<T>(&mut self, query: Statement) -> QueryResult<Vec<T>>
    where
        T: FromSqlRow<Untyped, Mysql> + Send + 'static,
    {
        RunQueryDsl::load(query, self).await
    }
}
