//! What a store can be asked about a [`RowSet`].

use super::AsyncStore;
use crate::rows::{
    AnyRows, LoadsFrom, Row, RowSet, RowsError, Sample,
    finish::Finish,
    open::database,
    query::SetQuery,
    read::counted,
    set::{DOING, finished},
};
use crate::schema::TableName;
use diesel::QueryResult;
use futures_util::{Stream, StreamExt, TryStreamExt, future, stream};
use metaxy_core::FeatureKey;
use std::marker::PhantomData;

impl<C> AsyncStore<'_, C> {
    /// How many rows a set has: see [`RowSet::count`].
    ///
    /// # Errors
    ///
    /// [`RowsError::Database`] where the database does not answer.
    pub async fn count<R>(&mut self, set: &RowSet<R>) -> Result<u64, RowsError> {
        match &set.query {
            None => Ok(0),
            Some(SetQuery { finish: Some(finish), .. }) if finish.leaves_out() => {
                let rows = self.stream_rows(set).await?;
                rows.try_fold(0, |count, _| future::ready(Ok(count + 1))).await
            }
            Some(SetQuery { groups, query, .. }) => {
                self.begin_query(&set.feature, groups).await?;
                let count = self.connection.count(counted(query)).await;
                count.map_err(database(DOING, &set.feature))
            }
        }
    }

    /// The rows of a set, with all their columns, in memory at once.
    ///
    /// # Errors
    ///
    /// As [`count`](Self::count).
    pub async fn rows<R>(&mut self, set: &RowSet<R>) -> Result<Vec<Row>, RowsError> {
        self.stream_rows(set).await?.try_collect().await
    }

    /// The rows of a set as structs of the columns that are wanted of them, in memory at once.
    ///
    /// # Errors
    ///
    /// As [`rows`](Self::rows), and where a row is not what the struct says.
    pub async fn load_set<T: LoadsFrom<R>, R>(
        &mut self,
        set: &RowSet<R>,
    ) -> Result<Vec<Sample<T>>, RowsError> {
        let rows = self.stream_rows(set).await?;
        rows.map(|row| Ok(row?.to()?)).try_collect().await
    }

    /// The rows of a set as they come: memory does not grow with their number. The store is theirs until they are dropped; to
    /// write to it meanwhile, take [`batches`](Self::batches).
    ///
    /// # Errors
    ///
    /// As [`count`](Self::count), here or of each row.
    pub async fn stream_rows<'s, R>(
        &'s mut self,
        set: &'s RowSet<R>,
    ) -> Result<impl Stream<Item = Result<Row, RowsError>> + use<'s, C, R>, RowsError> {
        let failed = |error| database(DOING, &set.feature)(error);
        let (rows, finish) = match &set.query {
            None => (stream::empty().boxed(), None),
            Some(SetQuery { groups, query, finish }) => {
                self.begin_query(&set.feature, groups).await?;
                let rows = self.connection.stream(query.clone()).await.map_err(failed)?;
                (rows, finish.as_ref())
            }
        };
        let rows = rows.filter_map(move |row| future::ready(finished(finish, row)));
        Ok(rows.map(move |row| row.map_err(failed)))
    }

    /// The rows of a set, some at a time, at most `size`, and the store free meanwhile, to write what is made of them. The
    /// database finds them once, before the first are taken, and keeps them: what is written changes them no more, and memory
    /// does not grow with their number.
    ///
    /// # Errors
    ///
    /// As [`count`](Self::count).
    pub async fn batches<R>(
        &mut self,
        set: &RowSet<R>,
        size: usize,
    ) -> Result<Batches<R>, RowsError> {
        let name = self.base.temporary_table("set");
        let (mut finish, mut kept) = (None, None);
        if let Some(SetQuery { groups, query, finish: made }) = &set.query {
            self.begin_query(&set.feature, groups).await?;
            let done = self.connection.keep(&name, query).await;
            done.map_err(database(DOING, &set.feature))?;
            (finish, kept) = (made.clone(), Some(name));
        }
        let (feature, size) = (set.feature.clone(), size.max(1));
        Ok(Batches { feature, finish, kept, size, after: 0, rows: PhantomData })
    }
}

/// Rows of a set that are taken some at a time: what [`AsyncStore::batches`] makes. Where they are not taken to the end, the
/// database keeps them as long as the store is open.
#[derive(Debug)]
pub struct Batches<R = AnyRows> {
    feature: FeatureKey,
    finish: Option<Finish>,
    /// Where the database keeps them; `None`: they are at their end.
    kept: Option<TableName>,
    size: usize,
    after: u64,
    rows: PhantomData<fn() -> R>,
}

impl<R> Batches<R> {
    /// The next rows, by the store that they are of, as structs of the columns that are wanted of them; `None`: there are no
    /// more.
    ///
    /// # Errors
    ///
    /// As [`next_rows`](Self::next_rows), and where a row is not what the struct says.
    pub async fn next<T: LoadsFrom<R>, C>(
        &mut self,
        store: &mut AsyncStore<'_, C>,
    ) -> Result<Option<Vec<Sample<T>>>, RowsError> {
        let Some(rows) = self.next_rows(store).await? else { return Ok(None) };
        let samples: Result<Vec<_>, _> = rows.iter().map(Row::to).collect();
        Ok(Some(samples?))
    }

    /// The next rows, with all their columns; `None`: there are no more.
    ///
    /// # Errors
    ///
    /// [`RowsError::Database`] where the database does not answer.
    pub async fn next_rows<C>(
        &mut self,
        store: &mut AsyncStore<'_, C>,
    ) -> Result<Option<Vec<Row>>, RowsError> {
        let failed = |error| database(DOING, &self.feature)(error);
        let connection = store.driver().await.map_err(failed)?;
        while let Some(name) = &self.kept {
            let rows = connection.kept(name, self.after, self.size).await.map_err(failed)?;
            if rows.is_empty() {
                connection.forget(name).await.map_err(failed)?;
                self.kept = None;
                break;
            }
            self.after += rows.len() as u64;
            let rows = rows.into_iter().filter_map(|it| finished(self.finish.as_ref(), Ok(it)));
            let rows: Vec<Row> = rows.collect::<QueryResult<_>>().map_err(failed)?;
            if !rows.is_empty() {
                return Ok(Some(rows));
            }
        }
        Ok(None)
    }
}
