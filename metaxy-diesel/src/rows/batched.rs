//! [`BatchedWriter`]: rows that are written in the background.

use super::{OpenStore, Row, RowsError, Sample, ToRow, WriteOptions};
use crate::store::Store;
use metaxy_core::{Feature, FeatureGraph, FeatureKey};
use std::{
    collections::BTreeMap,
    fmt,
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// Writes rows on a thread and a connection of its own, many at a time, while a program makes the next ones.
///
/// Memory is bounded, in rows and in bytes: who writes faster than the database waits. Each batch is written whole or not at all. What was not
/// written is when the writer is dropped; [`finish`](Self::finish) does the same, and says whether it succeeded.
///
/// ```no_run
/// # use metaxy_core::{FeatureGraph, FeatureKey};
/// # use metaxy_diesel::{Backend, rows::{BatchedWriter, BatchOptions, Row}, store::Store};
/// # let rows: Vec<Row> = Vec::new();
/// let store = Store::new("dev", Backend::Sqlite, "dev.db");
/// let mut writer = BatchedWriter::open(&store, FeatureGraph::current()?, BatchOptions::default())?;
/// for row in rows {
///     writer.write_row(&FeatureKey::new("video")?, row)?;
/// }
/// let written = writer.finish()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct BatchedWriter {
    /// `None`: it was closed.
    rows: Option<SyncSender<(FeatureKey, Row)>>,
    /// `None`: it was waited for.
    thread: Option<JoinHandle<Result<Written, RowsError>>>,
}

/// How many rows are on their way to the thread, at most.
const HANDED_OVER: usize = 64;
/// About how many bytes of rows of a feature wait for others, at most.
const WAITING: usize = 4 << 20;

/// How many rows of each feature were written.
pub type Written = BTreeMap<FeatureKey, usize>;

/// When rows are written.
#[derive(Debug, Clone)]
pub struct BatchOptions {
    /// So many rows of a feature are written at once, at most: large ones do not wait for others.
    pub rows: usize,
    /// Rows wait no longer than this for others.
    pub interval: Duration,
    /// How rows are written.
    pub write: WriteOptions,
}

impl Default for BatchOptions {
    /// 1,000 rows, or what came in a second.
    fn default() -> Self {
        let write = WriteOptions::default();
        Self { rows: 1_000, interval: Duration::from_secs(1), write }
    }
}

impl BatchedWriter {
    /// Opens the store on a thread.
    ///
    /// # Errors
    ///
    /// As [`Store::open`].
    pub fn open(
        store: &Store,
        graph: &'static FeatureGraph,
        options: BatchOptions,
    ) -> Result<Self, RowsError> {
        // Here, so that what is wrong with the store is told at once.
        Ok(Self::new(store.open(graph)?, options))
    }

    /// Moves a store that is open to a thread: one that [tells](OpenStore::listen) what was written, say.
    pub fn new(mut store: OpenStore<'static>, options: BatchOptions) -> Self {
        let (rows, incoming) = sync_channel(options.rows.clamp(1, HANDED_OVER));
        let thread = thread::spawn(move || run(&mut store, &incoming, &options));
        Self { rows: Some(rows), thread: Some(thread) }
    }

    /// Hands a sample over.
    ///
    /// # Errors
    ///
    /// As [`write_row`](Self::write_row).
    pub fn write<F: Feature + ToRow>(&mut self, sample: Sample<F>) -> Result<(), RowsError> {
        self.write_row(&F::key(), sample.into())
    }

    /// Hands a row over.
    ///
    /// # Errors
    ///
    /// What failed before, once: no row is written after that.
    pub fn write_row(&mut self, feature: &FeatureKey, row: Row) -> Result<(), RowsError> {
        let sent = self.rows.as_ref().is_some_and(|it| it.send((feature.clone(), row)).is_ok());
        match sent {
            true => Ok(()),
            false => Err(self.wait().err().unwrap_or_else(told_before)),
        }
    }

    /// Writes what is left, and returns how many rows of each feature were written in all.
    ///
    /// # Errors
    ///
    /// What failed, of these rows or of those before; that something did, where [`write_row`](Self::write_row) told what.
    pub fn finish(mut self) -> Result<Written, RowsError> {
        self.wait()
    }

    fn wait(&mut self) -> Result<Written, RowsError> {
        self.rows = None;
        match self.thread.take().map(JoinHandle::join) {
            None => Err(told_before()),
            Some(Ok(written)) => written,
            Some(Err(_)) => Err(RowsError::Writer("it panicked".to_owned())),
        }
    }
}

fn told_before() -> RowsError {
    RowsError::Writer("an error of it was told before".to_owned())
}

impl Drop for BatchedWriter {
    fn drop(&mut self) {
        // Who wants to know calls `finish`.
        _ = self.wait();
    }
}

impl fmt::Debug for BatchedWriter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("BatchedWriter")
    }
}

/// Rows of a feature that wait.
struct Waiting {
    since: Instant,
    rows: Vec<Row>,
    /// About how many bytes these are.
    size: usize,
}

impl Default for Waiting {
    fn default() -> Self {
        Self { since: Instant::now(), rows: Vec::new(), size: 0 }
    }
}

/// Writes rows until no more can come.
fn run(
    store: &mut OpenStore<'static>,
    incoming: &Receiver<(FeatureKey, Row)>,
    options: &BatchOptions,
) -> Result<Written, RowsError> {
    let mut written = Written::new();
    let mut write = |feature: FeatureKey, rows: Vec<Row>| -> Result<(), RowsError> {
        let count = store.write_rows(&feature, rows, &options.write)?;
        *written.entry(feature).or_default() += count;
        Ok(())
    };
    let mut waiting: BTreeMap<FeatureKey, Waiting> = BTreeMap::new();
    loop {
        let first = waiting.values().map(|it| it.since.elapsed()).max();
        let patience = first.map_or(Duration::MAX, |it| options.interval.saturating_sub(it));
        match incoming.recv_timeout(patience) {
            Ok((feature, row)) => {
                let others = waiting.entry(feature.clone()).or_default();
                others.size += row.size();
                others.rows.push(row);
                if (others.rows.len() >= options.rows || others.size >= WAITING)
                    && let Some(all) = waiting.remove(&feature)
                {
                    write(feature, all.rows)?;
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                waiting.into_iter().try_for_each(|(feature, it)| write(feature, it.rows))?;
                return Ok(written);
            }
        }
        // Also where rows of other features keep coming.
        let mut late = waiting.extract_if(.., |_, it| it.since.elapsed() >= options.interval);
        late.try_for_each(|(feature, it)| write(feature, it.rows))?;
    }
}
