//! [`Load`]: the rows of queries, at once or when they have come.

use super::statement::Statement;
use diesel::{QueryResult, backend::Backend, deserialize::FromSqlRow, sql_types::Untyped};
use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

/// What loads the rows of queries: a connection that waits for them, or one that is asked again.
pub(super) trait Load<DB: Backend> {
    async fn load<T>(&mut self, query: Statement) -> QueryResult<Vec<T>>
    where
        T: FromSqlRow<Untyped, DB> + Send + 'static;
}

/// A connection that waits until it has what it was asked for.
pub(super) struct Waiting<'c, C>(pub(super) &'c mut C);

/// What comes of a future that asks only connections that wait: it is ready when it is asked.
pub(super) fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("connections that wait leave nothing to wait for"),
    }
}
