//! What can be done with a [`RowSet`].

use super::{
    LoadsFrom, OpenStore, Row, RowSet, RowsError, Sample, finish::Finish, open::database,
    query::SetQuery, read::counted,
};
use diesel::QueryResult;

pub(super) const DOING: &str = "cannot resolve";

impl<R> RowSet<R> {
    /// How many rows there are.
    ///
    /// # Errors
    ///
    /// [`RowsError::Database`] where the database does not answer.
    pub fn count<C>(&self, store: &mut OpenStore<'_, C>) -> Result<u64, RowsError> {
        match &self.query {
            None => Ok(0),
            Some(SetQuery { finish: Some(finish), .. }) if finish.leaves_out() => {
                self.stream_rows(store)?.try_fold(0, |count, row| row.map(|_| count + 1))
            }
            Some(SetQuery { groups, query, .. }) => {
                store.begin_query(&self.feature, groups)?;
                store.driver().count(counted(query)).map_err(database(DOING, &self.feature))
            }
        }
    }

    /// The rows, with all their columns, in memory at once.
    ///
    /// # Errors
    ///
    /// As [`count`](Self::count).
    pub fn rows<C>(&self, store: &mut OpenStore<'_, C>) -> Result<Vec<Row>, RowsError> {
        self.stream_rows(store)?.collect()
    }

    /// The rows as structs of the columns that are wanted of them, in memory at once.
    ///
    /// # Errors
    ///
    /// As [`rows`](Self::rows), and where a row is not what the struct says.
    pub fn load<T: LoadsFrom<R>>(
        &self,
        store: &mut OpenStore<'_, impl Sized>,
    ) -> Result<Vec<Sample<T>>, RowsError> {
        self.stream_rows(store)?.map(|row| Ok(row?.to()?)).collect()
    }

    /// The rows as the database finds them: memory does not grow with their number. The store is theirs until they are dropped;
    /// to write to it meanwhile, take [`each_batch`](Self::each_batch).
    ///
    /// # Errors
    ///
    /// As [`count`](Self::count), here or of each row.
    pub fn stream_rows<'s, C>(
        &'s self,
        store: &'s mut OpenStore<'_, C>,
    ) -> Result<impl Iterator<Item = Result<Row, RowsError>> + use<'s, C, R>, RowsError> {
        let failed = |error| database(DOING, &self.feature)(error);
        let (rows, finish) = match &self.query {
            None => (None, None),
            Some(SetQuery { groups, query, finish }) => {
                store.begin_query(&self.feature, groups)?;
                (Some(store.driver().stream(query.clone()).map_err(failed)?), finish.as_ref())
            }
        };
        let rows = rows.into_iter().flatten();
        Ok(rows.filter_map(move |row| finished(finish, row)).map(move |row| row.map_err(failed)))
    }

    /// The rows as structs, as the database finds them: see [`stream_rows`](Self::stream_rows).
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load), here or of each row.
    pub fn stream<'s, T: LoadsFrom<R>, C>(
        &'s self,
        store: &'s mut OpenStore<'_, C>,
    ) -> Result<impl Iterator<Item = Result<Sample<T>, RowsError>> + use<'s, T, C, R>, RowsError>
    {
        Ok(self.stream_rows(store)?.map(|row| Ok(row?.to()?)))
    }

    /// Takes the rows some at a time, at most `size`, and leaves the store free meanwhile, to write what is made of them. The
    /// database finds them once, before the first are taken, and keeps them: what is written changes them no more, and memory
    /// does not grow with their number.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load), and what `take` returns.
    pub fn each_batch<T: LoadsFrom<R>, C, E: From<RowsError>>(
        &self,
        store: &mut OpenStore<'_, C>,
        size: usize,
        mut take: impl FnMut(&mut OpenStore<'_, C>, Vec<Sample<T>>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.each_batch_of_rows(store, size, |store, rows| {
            let samples: Result<Vec<_>, _> = rows.iter().map(Row::to).collect();
            take(store, samples.map_err(RowsError::from)?)
        })
    }

    /// Takes the rows some at a time, with all their columns: see [`each_batch`](Self::each_batch).
    ///
    /// # Errors
    ///
    /// As [`rows`](Self::rows), and what `take` returns.
    pub fn each_batch_of_rows<C, E: From<RowsError>>(
        &self,
        store: &mut OpenStore<'_, C>,
        size: usize,
        mut take: impl FnMut(&mut OpenStore<'_, C>, Vec<Row>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(SetQuery { groups, query, finish }) = &self.query else { return Ok(()) };
        let failed = |error| database(DOING, &self.feature)(error);
        store.begin_query(&self.feature, groups)?;
        let name = store.temporary_table("set");
        store.driver().keep(&name, query).map_err(failed)?;
        let (mut after, size) = (0, size.max(1));
        let taken = loop {
            let rows = match store.driver().kept(&name, after, size) {
                Ok(rows) if rows.is_empty() => break Ok(()),
                Ok(rows) => rows,
                Err(error) => break Err(failed(error).into()),
            };
            after += rows.len() as u64;
            let rows = rows.into_iter().filter_map(|it| finished(finish.as_ref(), Ok(it)));
            let rows: Vec<Row> = rows.collect::<QueryResult<_>>().map_err(failed)?;
            if !rows.is_empty()
                && let Err(error) = take(store, rows)
            {
                break Err(error);
            }
        };
        let forgotten = store.driver().forget(&name).map_err(failed);
        // What failed first is what to tell.
        taken.and_then(|()| Ok(forgotten?))
    }
}

/// A row with its versions; `None`: it is not in the set.
pub(super) fn finished(finish: Option<&Finish>, row: QueryResult<Row>) -> Option<QueryResult<Row>> {
    match (finish, row) {
        (Some(finish), Ok(row)) => finish.row(row).map(Ok),
        (_, row) => Some(row),
    }
}
