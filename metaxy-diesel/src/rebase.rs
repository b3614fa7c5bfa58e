//! [`rebase`]: puts the migrations of several branches one after the other.
//!
//! Each migration says what it makes of the tables (`tables.json`), so that no database is needed: one that comes after others
//! than it was written for is merged with what these made, and its SQL is written anew where it has to be another. The
//! migration keeps in mind what it was, so that databases that have it are not given it twice.

use crate::{
    diff::DiffError,
    generate::{GenerateError, Versions},
    migration::{
        Delta, Migration, MigrationDirectory, MigrationError, Replayed, forget_hints, read_all,
        replay, version_of, whole,
    },
    plan::PlanError,
    schema::Schema,
    snapshot::{SNAPSHOT_FORMAT, Snapshot},
    sum::{SUM_FILE, Sum},
};
use chrono::{DateTime, Utc};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

mod merge;
mod order;
mod script;

use merge::merge;
use order::Line;
pub(crate) use script::Script;

/// How to put migrations one after the other.
#[derive(Debug, Clone, Default)]
pub struct RebaseOptions<'a> {
    /// The migrations that come last, by their versions or names; none: those that `applied` does not have.
    pub last: &'a [String],
    /// What was applied to the database of the history, versions with names; nothing: it is not known, and the older come
    /// first.
    pub applied: BTreeMap<String, Option<String>>,
    /// The time, of which new versions are made.
    pub now: DateTime<Utc>,
}

/// Migrations that are put one after the other, before they are written.
#[derive(Debug, Clone, PartialEq)]
pub struct Rebase {
    /// What becomes of those that come after others than they were written for, in their new order.
    pub moved: Vec<Moved>,
    /// All migrations by the names that they have, and as they will be.
    migrations: Vec<(String, Migration)>,
    directory: MigrationDirectory,
}

/// A migration that comes after others than it was written for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Its name until now.
    pub from: String,
    /// Its name from now on.
    pub to: String,
    /// Whether its SQL is another: what it changes was changed by the others too.
    pub rewritten: bool,
    /// The migrations that now come before it, and that a database which has it already cannot run any more: what they change
    /// is what it changed.
    pub refused_after: Vec<String>,
}

/// Why migrations were not put one after the other.
#[derive(Debug, thiserror::Error)]
pub enum RebaseError {
    /// The files cannot be read or written.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// Both branches changed the same thing.
    #[error(
        "`{migration}` cannot come after the others: {}; remove its directory, run `metaxy migration rebase`, and generate \
         it again", problems.join("; ")
    )]
    Conflict {
        /// The migration.
        migration: String,
        /// What cannot be merged.
        problems: Vec<String>,
    },
    /// A script would have to be another, and was written by hand.
    #[error(
        "`{migration}` would have to be written anew after the others, and was edited by hand or written with --online: \
         remove its directory, run `metaxy migration rebase`, and generate it again"
    )]
    ByHand {
        /// The migration.
        migration: String,
    },
    /// What a migration says of itself cannot be written as SQL.
    #[error("`{migration}`: {source}")]
    Diff {
        /// The migration.
        migration: String,
        /// Why.
        source: DiffError,
    },
    /// What a migration says of itself cannot be written as SQL.
    #[error("`{migration}`: {source}")]
    Plan {
        /// The migration.
        migration: String,
        /// Why.
        source: PlanError,
    },
    /// No version can follow the last one.
    #[error(transparent)]
    Version(GenerateError),
}

/// Puts the migrations of a history in one line; `None` where they are, and snapshot and sums are as they should be. Neither
/// of these two is needed for it: Git may have left its marks in them.
///
/// # Errors
///
/// [`RebaseError`], where branches changed the same thing, or where files were edited after they were written.
pub fn rebase(path: &Path, options: &RebaseOptions<'_>) -> Result<Option<Rebase>, RebaseError> {
    let all = read_all(path)?;
    refuse_edited(path, &all)?;
    let line = Line::of(path, &all, options)?;
    let mut walk = Walk::new(&all, &line);
    line.order.iter().try_for_each(|at| walk.place(*at))?;
    let Walk { placed, now, .. } = walk;
    let names = names(&all, &line, options)?;
    let version = |at: usize| version_of(&names[&at]).unwrap_or_default();
    let renamed: BTreeMap<&str, String> =
        line.order.iter().map(|at| (all[*at].version.as_str(), version(*at))).collect();
    let (mut migrations, mut moved) = (Vec::new(), Vec::new());
    let mut follows = None;
    for at in &line.order {
        let (old, Placed { migration, over, refused, .. }) = (&all[*at], &placed[at]);
        let is_other = migration.up != old.up || names[at] != old.name;
        let new = migration.renamed(names[at].clone()).with_origin(|origin| {
            origin.follows = follows.take();
            for version in &mut origin.over {
                if let Some(new) = renamed.get(version.as_str()) {
                    version.clone_from(new);
                }
            }
            let over = over.iter().map(|it| version(*it));
            origin.over.extend(over.filter(|it| !origin.over.contains(it)).collect::<Vec<_>>());
            let former = vec![old.former()];
            if is_other && !origin.formerly.contains(&former) {
                origin.formerly.push(former);
            }
        });
        // That another one did the same changes nothing of it.
        let as_before = placed[at].migration.metadata.metaxy.iter().flat_map(|it| &it.formerly);
        let said = old.with_origin(|it| {
            it.formerly.extend(as_before.skip(it.formerly.len()).cloned().collect::<Vec<_>>())
        });
        if new != said {
            moved.push(Moved {
                from: old.name.clone(),
                to: new.name.clone(),
                rewritten: new.up != old.up,
                refused_after: refused.iter().map(|it| names[it].clone()).collect(),
            });
        }
        follows = Some(new.name.clone());
        migrations.push((old.name.clone(), new));
    }
    let all = migrations.iter().map(|(_, it)| it.clone()).collect();
    let directory = MigrationDirectory::new(path, all, snapshot(&migrations, now));
    let is_done = || MigrationDirectory::open(path).is_ok_and(|it| it == directory);
    match moved.is_empty() && is_done() {
        true => Ok(None),
        false => Ok(Some(Rebase { moved, migrations, directory })),
    }
}

impl Rebase {
    fn latest_first(&self) -> Vec<&(String, Migration)> {
        let mut all: Vec<_> = self.migrations.iter().collect();
        all.sort_by_key(|(former, _)| Reverse(version_of(former)));
        all
    }

    /// Writes the migrations, then the snapshot and the sums: all of it, or nothing where anything fails. Where the process is
    /// killed meanwhile, the files have to be restored from version control.
    ///
    /// # Errors
    ///
    /// [`MigrationError`] where a file cannot be written.
    pub fn write(&self) -> Result<(), MigrationError> {
        let directory = &self.directory.path;
        let paths = |(former, migration): &(String, Migration)| {
            (directory.join(former), directory.join(&migration.name))
        };
        let change = || {
            // The latest first: versions only grow, so that none takes a name that another still has.
            for moved in self.latest_first() {
                let (path, new) = paths(moved);
                moved.1.write_changed(&path)?;
                if path != new {
                    fs::rename(&path, new).map_err(|source| MigrationError::Io {
                        action: "rename",
                        path,
                        source,
                    })?;
                }
            }
            self.directory.seal()
        };
        let undo = || {
            let moved = self.latest_first().into_iter().rev().map(paths);
            moved.filter(|(path, _)| !path.exists()).for_each(|(path, new)| {
                _ = fs::rename(new, path);
            });
        };
        whole(directory, change, undo)
    }
}

/// The names that directories have then: a version that is not later than the one before it becomes another.
fn names(
    all: &[Migration],
    line: &Line,
    options: &RebaseOptions<'_>,
) -> Result<BTreeMap<usize, String>, RebaseError> {
    let mut names = BTreeMap::new();
    let mut last: Option<String> = None;
    for at in &line.order {
        let old = &all[*at];
        let is_late = |last: &String| *last >= old.version;
        let name = match last.as_ref().filter(|it| is_late(it)) {
            None => old.name.clone(),
            Some(last) => {
                let mut versions = Versions::after(Some(last), options.now);
                let version = versions.next().map_err(RebaseError::Version)?;
                let words = old.name.split_once('_').map_or("", |(_, words)| words);
                format!("{version}_{words}")
            }
        };
        last = version_of(&name);
        names.insert(*at, name);
    }
    Ok(names)
}

/// Where migrations are put in their new order.
struct Walk<'a> {
    all: &'a [Migration],
    line: &'a Line,
    placed: BTreeMap<usize, Placed>,
    now: Replayed,
}

/// A migration in its new place.
struct Placed {
    migration: Migration,
    /// What it does there, as metaxy would write it.
    script: Option<Script>,
    /// Those before it that a database may have gotten after it.
    over: Vec<usize>,
    /// Those before it that it may not.
    refused: Vec<usize>,
}

/// What becomes of migrations on a database that has a later one already.
#[derive(Default)]
struct Afterwards {
    /// They have nothing left to do: the later one did the same, and a database that has that has these.
    alike: Vec<usize>,
    /// They would have to be others.
    refused: Vec<usize>,
}

impl<'a> Walk<'a> {
    fn new(all: &'a [Migration], line: &'a Line) -> Self {
        Self { all, line, placed: BTreeMap::new(), now: Replayed::default() }
    }

    /// Puts the next migration after those that are placed.
    fn place(&mut self, at: usize) -> Result<(), RebaseError> {
        let migration = &self.all[at];
        let ancestors = self.line.ancestors(at);
        let placed_before = self.line.order.iter().take_while(|it| **it != at);
        let known: BTreeSet<usize> = ancestors.iter().copied().collect();
        let over: Vec<usize> = placed_before.copied().filter(|it| !known.contains(it)).collect();
        let origin = migration.metadata.metaxy.as_ref();
        let (Some(origin), false) = (origin, over.is_empty()) else {
            let delta = migration.delta()?;
            let script = self.script(migration, &self.now.schema, &delta.done_to(&self.now.schema));
            let script = if over.is_empty() { script.ok() } else { None };
            self.now.apply(migration)?;
            let placed = Placed {
                migration: migration.clone(),
                script,
                over: Vec::new(),
                refused: Vec::new(),
            };
            self.placed.insert(at, placed);
            return Ok(());
        };
        let delta = migration.delta()?;
        let before = replay(ancestors.iter().map(|it| &self.all[*it]))?.schema;
        let conflict =
            |problems| RebaseError::Conflict { migration: migration.name.clone(), problems };
        let desired = merge(&self.now.schema, &delta).map_err(conflict)?;
        let old = self.script(migration, &before, &delta.done_to(&before))?;
        let new = self.script(migration, &self.now.schema, &desired)?;
        let rewritten = match () {
            () if new.up == old.up && new.down == old.down => migration.clone(),
            () if old.is_of(migration) => new.put_into(migration),
            () => return Err(RebaseError::ByHand { migration: migration.name.clone() }),
        };
        let dialect = origin.backend.dialect();
        let table_prefix = delta.table_prefix.clone();
        let delta = Delta {
            table_prefix,
            ..Delta::of(&self.now.schema, &dialect.normalise(&desired), &desired)
        };
        let found = self.afterwards(&before, &migration.delta()?, &over)?;
        for at in found.alike {
            let former = vec![migration.former()];
            if let Some(placed) = self.placed.get_mut(&at) {
                placed.migration = placed.migration.with_origin(|it| it.formerly.push(former));
            }
        }
        let refused = found.refused;
        let migration = rewritten.with_delta(&delta);
        self.now.apply(&migration)?;
        let over = if refused.is_empty() { over } else { Vec::new() };
        self.placed.insert(at, Placed { migration, script: Some(new), over, refused });
        Ok(())
    }

    /// What becomes of these where the migration of this delta came first.
    fn afterwards(
        &self,
        before: &Schema,
        delta: &Delta,
        over: &[usize],
    ) -> Result<Afterwards, RebaseError> {
        let mut now = before.clone();
        delta.apply(&mut now);
        let mut afterwards = Afterwards::default();
        for at in over {
            let Placed { migration, script, .. } = &self.placed[at];
            let delta = migration.delta()?;
            let merged = merge(&now, &delta).ok();
            let found = merged.map(|it| (self.script(migration, &now, &it), it));
            match (found, script) {
                (Some((Ok(found), merged)), Some(script))
                    if found.up == script.up && found.down == script.down =>
                {
                    now = merged;
                    forget_hints(&mut now);
                }
                // One that metaxy did not write changes no table that it knows.
                (Some((_, _)), _) if delta.is_empty() => {}
                // Only where metaxy wrote all of it, it is known that nothing else is in it.
                (Some((Ok(found), _)), Some(script))
                    if found.up.trim().is_empty() && script.is_of(migration) =>
                {
                    afterwards.alike.push(*at);
                }
                _ => afterwards.refused.push(*at),
            }
        }
        Ok(afterwards)
    }

    fn script(
        &self,
        migration: &Migration,
        before: &Schema,
        desired: &Schema,
    ) -> Result<Script, RebaseError> {
        let Some(origin) = &migration.metadata.metaxy else { return Ok(Script::default()) };
        Script::of(&migration.name, before, desired, origin.backend.dialect())
    }
}

/// The snapshot of the last migration; `None` where metaxy wrote none.
fn snapshot(migrations: &[(String, Migration)], now: Replayed) -> Option<Snapshot> {
    let (_, last) = migrations.last()?;
    let origin = migrations.iter().find_map(|(_, it)| it.metadata.metaxy.as_ref())?;
    Some(Snapshot {
        format: SNAPSHOT_FORMAT,
        backend: origin.backend,
        scope: origin.scope.clone(),
        migration: last.version.clone(),
        table_prefix: now.table_prefix,
        schema: now.schema,
    })
}

/// Refuses files that are not those that a branch has written: their sums are in one of the versions that Git may have left.
fn refuse_edited(path: &Path, all: &[Migration]) -> Result<(), MigrationError> {
    let text = match fs::read_to_string(path.join(SUM_FILE)) {
        Ok(text) => text,
        Err(_) if all.iter().all(|it| it.metadata.metaxy.is_none()) => return Ok(()),
        Err(source) => {
            return Err(MigrationError::Io { action: "read", path: path.join(SUM_FILE), source });
        }
    };
    let findings = Sum::edited(&text, &MigrationDirectory::new(path, all.to_vec(), None).sum());
    match findings.is_empty() {
        true => Ok(()),
        false => Err(MigrationError::Changed { path: path.to_owned(), findings }),
    }
}
