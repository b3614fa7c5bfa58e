//! [`draft`]: the next migration of a history.

use crate::{
    backend::Backend,
    change::Risk,
    dialect::Dialect,
    diff::{DiffError, diff_with},
    hints::{Backfill, Rename, fill, with_moves, with_renames},
    migration::{
        Delta, Metadata, Migration, MigrationDirectory, MigrationError, Origin, replace, sum,
    },
    online::{Stage, stages},
    plan::{Plan, PlanError, plan},
    schema::Schema,
    snapshot::{SNAPSHOT_FILE, SNAPSHOT_FORMAT, Snapshot},
    sum::SUM_FILE,
};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use std::{
    borrow::Cow,
    fs,
    path::{Path, PathBuf},
};

/// What the next migration is to do.
#[derive(Debug, Clone, Copy)]
pub struct GenerateOptions<'a> {
    /// Its name, in words: what is no letter or digit becomes `_`.
    pub name: &'a str,
    /// The database that it is for.
    pub backend: Backend,
    /// What the history is of: `features`, `system`.
    pub scope: &'a str,
    /// The schema that it is to lead to.
    pub desired: &'a Schema,
    /// What the names of its tables start with. Where that was another in the history, its tables are renamed.
    pub table_prefix: &'a str,
    /// Leaves the SQL to be written by hand, even where nothing differs. The history then takes it that the migration
    /// leads to `desired`.
    pub empty: bool,
    /// What may be lost: `table`, `table.column`.
    pub allow_destructive: &'a [String],
    /// Tables and columns that have another name, beside those that `desired` says were renamed.
    pub renames: &'a [Rename],
    /// Values of rows that are there.
    pub backfills: &'a [Backfill],
    /// Whether no migration may keep those waiting who read and write meanwhile, however many it takes.
    pub online: bool,
    /// The time, of which the version is made. Versions grow even where the clock does not.
    pub now: DateTime<Utc>,
}

/// The next migrations of a history, before they are written: one, or several in their order where none may keep others
/// waiting.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The migrations.
    pub migrations: Vec<Drafted>,
    history: MigrationDirectory,
    snapshot: Snapshot,
}

/// A migration before it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Drafted {
    /// The directory that it will have.
    pub path: PathBuf,
    /// What will be in it.
    pub migration: Migration,
    /// What it does; of no steps where it is to be written by hand.
    pub plan: Plan,
}

/// Why no migration was written.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The files of the history cannot be read, or are not as they were written.
    #[error(transparent)]
    Migrations(#[from] MigrationError),
    /// What differs is ambiguous.
    #[error(transparent)]
    Diff(#[from] DiffError),
    /// The SQL cannot be written, or would lose data.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The name has no letter or digit.
    #[error("`{0}` has no letter or digit to name a migration by")]
    Name(String),
    /// The directory holds the migrations of another history.
    #[error(
        "`{}` holds the migrations of {found}, not of {wanted}: give each history a directory of its own", path.display()
    )]
    OtherHistory {
        /// The directory.
        path: PathBuf,
        /// What it holds.
        found: String,
        /// What was asked for.
        wanted: String,
    },
    /// There are migrations that metaxy wrote, and no snapshot.
    #[error("`{}` is missing: restore it from version control", path.display())]
    NoSnapshot {
        /// The file.
        path: PathBuf,
    },
    /// The last migration has a version that is no time, and is later than now.
    #[error(
        "migration `{0}` has a version that is no time, and later than now: no version can follow it"
    )]
    Version(String),
}

/// The migration that leads from the history's snapshot to `options.desired`; `None` where nothing differs. Nothing is
/// written before [`Draft::write`].
///
/// # Errors
///
/// [`GenerateError`] where the history is not in order, where something differs that cannot be written, or where data
/// would be lost that `options.allow_destructive` does not name.
pub fn draft(
    directory: &Path,
    options: &GenerateOptions<'_>,
) -> Result<Option<Draft>, GenerateError> {
    let history = MigrationDirectory::open(directory)?;
    let before = current(&history, options)?;
    let desired = hinted(&before, &history, options);
    let dialect = options.backend.dialect();
    let (work, schema) = match options.empty {
        true => (vec![by_hand(&before, &desired, options)], dialect.normalise(&desired)),
        false => {
            let mut difference = diff_with(&before, &desired, options.renames, dialect)?;
            fill(&mut difference, options.backfills);
            let work = match options.online {
                true => stages(&difference, dialect, options.allow_destructive)?
                    .into_iter()
                    .map(Work::of_stage)
                    .collect(),
                false => {
                    let plan = plan(&difference, dialect, options.allow_destructive)?;
                    let risks = difference.risks();
                    Vec::from_iter((!plan.is_empty()).then(|| Work::of_plan(plan, risks, dialect)))
                }
            };
            (work, difference.after)
        }
    };
    if work.is_empty() {
        return Ok(None);
    }
    let names = directory_names(&history, options, &work)?;
    let delta = delta(&before, &schema, &desired, &history, options);
    let last = history.migrations.last().map(|it| it.name.clone());
    let parents = std::iter::once(last).chain(names.iter().cloned().map(Some));
    let drafted = names.iter().zip(parents).zip(work).map(|((name, follows), work)| {
        let metadata = Metadata {
            run_in_transaction: work.transaction,
            metaxy: Some(Origin {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                backend: options.backend,
                scope: options.scope.to_owned(),
                follows,
                over: Vec::new(),
                formerly: Vec::new(),
                risks: work.risks,
                revert_drops: work.plan.revert_drops(),
                rebuilds: work.plan.rebuilds(),
                backfills: work.plan.backfills(),
            }),
        };
        // What the others of the draft leave behind is between the two schemas.
        let is_last = names.last() == Some(name);
        let delta = if is_last { delta.clone() } else { Delta::default() };
        let migration = Migration::new(name, work.up, Some(work.down), metadata).with_delta(&delta);
        Drafted { path: directory.join(name), migration, plan: work.plan }
    });
    let migrations: Vec<_> = drafted.collect();
    let last = migrations.last().expect("there is work");
    let snapshot = Snapshot {
        format: SNAPSHOT_FORMAT,
        backend: options.backend,
        scope: options.scope.to_owned(),
        migration: last.migration.version.clone(),
        table_prefix: options.table_prefix.to_owned(),
        schema,
    };
    Ok(Some(Draft { migrations, history, snapshot }))
}

/// What the migrations make of the tables.
fn delta(
    before: &Schema,
    after: &Schema,
    hinted: &Schema,
    history: &MigrationDirectory,
    options: &GenerateOptions<'_>,
) -> Delta {
    let former = history.snapshot.as_ref().map_or("", |it| it.table_prefix.as_str());
    let moved = former != options.table_prefix;
    let table_prefix = moved.then(|| options.table_prefix.to_owned());
    Delta { table_prefix, ..Delta::of(before, after, hinted) }
}

/// What one migration does.
struct Work {
    /// What its name ends in, beside the others of the draft.
    part: Option<&'static str>,
    transaction: bool,
    plan: Plan,
    risks: Vec<Risk>,
    up: String,
    down: String,
}

impl Work {
    fn of_plan(plan: Plan, risks: Vec<Risk>, dialect: &Dialect) -> Self {
        let (up, down) = (plan.up_sql(), plan.down_sql());
        Self { part: None, transaction: dialect.transactional_ddl, plan, risks, up, down }
    }

    fn of_stage(Stage { name, transaction, plan }: Stage) -> Self {
        let risks = plan.steps.iter().flat_map(|it| it.risks.clone()).collect();
        let (up, down) = (plan.up_sql(), plan.down_sql());
        Self { part: Some(name), transaction, plan, risks, up, down }
    }
}

/// The schema that the history leads to.
fn current<'a>(
    history: &'a MigrationDirectory,
    options: &GenerateOptions<'_>,
) -> Result<Cow<'a, Schema>, GenerateError> {
    let Some(snapshot) = &history.snapshot else {
        if history.migrations.iter().any(|it| it.metadata.metaxy.is_some()) {
            return Err(GenerateError::NoSnapshot { path: history.path.join(SNAPSHOT_FILE) });
        }
        return Ok(Cow::Owned(Schema::default()));
    };
    let words = |backend: Backend, scope: &str| format!("`{scope}` on {backend}");
    let found = words(snapshot.backend, &snapshot.scope);
    let wanted = words(options.backend, options.scope);
    match found == wanted {
        true => Ok(Cow::Borrowed(&snapshot.schema)),
        false => Err(GenerateError::OtherHistory { path: history.path.clone(), found, wanted }),
    }
}

/// The schema that is wanted, with all that is known of renames.
fn hinted<'a>(
    before: &Schema,
    history: &MigrationDirectory,
    options: &GenerateOptions<'a>,
) -> Cow<'a, Schema> {
    let desired = match options.renames {
        [] => Cow::Borrowed(options.desired),
        renames => Cow::Owned(with_renames(options.desired, renames)),
    };
    let is_new = desired.tables.keys().any(|it| !before.tables.contains_key(it))
        || desired.enums.keys().any(|it| !before.enums.contains_key(it));
    match &history.snapshot {
        Some(it) if is_new => {
            let (desired, former) = (desired.into_owned(), &it.table_prefix);
            Cow::Owned(with_moves(desired, before, former, options.table_prefix))
        }
        _ => desired,
    }
}

/// A migration without SQL: it says what it has to do, and fails until that is written.
fn by_hand(before: &Schema, desired: &Schema, options: &GenerateOptions<'_>) -> Work {
    let dialect = options.backend.dialect();
    let tasks: Vec<String> = match diff_with(before, desired, options.renames, dialect) {
        Ok(difference) => difference.changes.iter().map(|change| change.reason()).collect(),
        Err(error) => error.problems.iter().map(ToString::to_string).collect(),
    };
    let tasks: String =
        tasks.iter().map(|task| format!("--   {}\n", task.replace(['\n', '\r'], " "))).collect();
    let text = |what: &str, fail: &str| {
        let tasks = if tasks.is_empty() { String::new() } else { format!("-- {what}\n{tasks}") };
        format!(
            "{tasks}-- Write the SQL in place of the next statement, then run `metaxy migration repair`.\n{}\n",
            (dialect.fail)(fail)
        )
    };
    let up = text("What it has to do:", "this migration is not written yet");
    let down =
        text("What it has to undo:", "irreversible: the reverse of this migration is not written");
    let (plan, transaction) = (Plan::default(), dialect.transactional_ddl);
    Work { part: None, transaction, plan, risks: Vec::new(), up, down }
}

/// `2026-11-23-001530_name` for each migration, with versions after that of the last one.
fn directory_names(
    history: &MigrationDirectory,
    options: &GenerateOptions<'_>,
    work: &[Work],
) -> Result<Vec<String>, GenerateError> {
    let words = words(options.name).ok_or_else(|| GenerateError::Name(options.name.to_owned()))?;
    let last = history.migrations.last();
    let mut versions = Versions::after(last.map(|it| it.version.as_str()), options.now);
    let mut names = Vec::new();
    for part in work.iter().map(|it| it.part.filter(|_| work.len() > 1)) {
        let name: Vec<_> = std::iter::once(words.as_str()).chain(part).collect();
        names.push(format!("{}_{}", versions.next()?, name.join("_")));
    }
    Ok(names)
}

/// The words of a name as a directory has them; `None` where there is no letter or digit.
pub(crate) fn words(name: &str) -> Option<String> {
    let words = name.split(|it: char| !it.is_ascii_alphanumeric()).filter(|it| !it.is_empty());
    let words: Vec<_> = words.map(str::to_ascii_lowercase).collect();
    (!words.is_empty()).then(|| words.join("_"))
}

/// Versions that grow, made of the time.
pub(crate) struct Versions {
    next: Option<NaiveDateTime>,
    last: String,
}

impl Versions {
    /// Those that come now, and after this one.
    pub(crate) fn after(last: Option<&str>, now: DateTime<Utc>) -> Self {
        let last = last.unwrap_or_default();
        let next = match last >= now.format("%Y%m%d%H%M%S").to_string().as_str() {
            true => NaiveDateTime::parse_from_str(last, "%Y%m%d%H%M%S").ok().and_then(later),
            false => Some(now.naive_utc()),
        };
        Self { next, last: last.to_owned() }
    }

    /// The next one, as the names of directories begin.
    pub(crate) fn next(&mut self) -> Result<String, GenerateError> {
        let time = self.next.ok_or_else(|| GenerateError::Version(self.last.clone()))?;
        self.next = later(time);
        Ok(time.format("%Y-%m-%d-%H%M%S").to_string())
    }
}

fn later(time: NaiveDateTime) -> Option<NaiveDateTime> {
    time.checked_add_signed(TimeDelta::seconds(1))
}

impl Draft {
    /// The schema that the history leads to with these migrations.
    pub fn schema(&self) -> &Schema {
        &self.snapshot.schema
    }

    /// Writes the migrations, then the snapshot and the sums: all of it, or nothing where anything fails.
    ///
    /// # Errors
    ///
    /// [`MigrationError`] where a file cannot be written.
    pub fn write(&self) -> Result<(), MigrationError> {
        let directory = &self.history.path;
        let write = || {
            self.migrations.iter().try_for_each(|it| it.migration.write(directory))?;
            let snapshot = self.snapshot.to_json();
            replace(&directory.join(SNAPSHOT_FILE), &snapshot)?;
            let written = self.migrations.iter().map(|it| &it.migration);
            let sum = sum(self.history.migrations.iter().chain(written), Some(&snapshot));
            replace(&directory.join(SUM_FILE), &sum.to_string())
        };
        write().inspect_err(|_| {
            // Whatever fails here too is told apart by the sums the next time.
            for drafted in &self.migrations {
                let _ = fs::remove_dir_all(&drafted.path);
            }
            match self.history.snapshot_text() {
                Some(text) => _ = replace(&directory.join(SNAPSHOT_FILE), text),
                None => _ = fs::remove_file(directory.join(SNAPSHOT_FILE)),
            }
        })
    }
}
