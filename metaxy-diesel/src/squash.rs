//! [`squash`]: several migrations become one.

use crate::{
    generate::words,
    migration::{
        Delta, Former, Metadata, Migration, MigrationDirectory, MigrationError, Origin, Replayed,
        whole,
    },
    rebase::{RebaseError, Script},
    schema::Schema,
};
use std::{collections::BTreeSet, fs, path::Path};

/// Which migrations become one.
#[derive(Debug, Clone, Copy, Default)]
pub struct SquashOptions<'a> {
    /// Its name, in words.
    pub name: &'a str,
    /// The first of them, by version or name; `None`: the first of all.
    pub from: Option<&'a str>,
    /// The last of them; `None`: the last of all.
    pub to: Option<&'a str>,
}

/// Several migrations as one, before it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Squash {
    /// The names of those that it takes the place of.
    pub from: Vec<String>,
    /// The one.
    pub migration: Migration,
    /// Whether it is written anew; not so: their scripts stand in it one after the other, since someone wrote in them, or since
    /// others come before.
    pub rewritten: bool,
    directory: MigrationDirectory,
}

/// Why migrations do not become one.
#[derive(Debug, thiserror::Error)]
pub enum SquashError {
    /// The files are not in order, or cannot be written.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// There is no such migration.
    #[error("there is no migration `{0}`")]
    NoSuchMigration(String),
    /// They are less than two, or metaxy wrote none of them.
    #[error("there are no two migrations of metaxy to make one of")]
    TooFew,
    /// The name has no letter or digit, or is that of the last one.
    #[error("`{0}` is no new name for a migration: write another")]
    Name(String),
    /// What they do cannot be written as SQL.
    #[error(transparent)]
    Script(#[from] RebaseError),
}

/// Makes one of several migrations that follow each other. It has the version of the last one, and says which it takes the place
/// of: a database that has all of these has it, and one that has some of them is refused in words.
///
/// # Errors
///
/// [`SquashError`].
pub fn squash(path: &Path, options: &SquashOptions<'_>) -> Result<Squash, SquashError> {
    let mut directory = MigrationDirectory::open(path)?;
    let place = |name: &str| {
        let version = name.replace('-', "");
        let found =
            directory.migrations.iter().position(|it| it.name == name || it.version == version);
        found.ok_or_else(|| SquashError::NoSuchMigration(name.to_owned()))
    };
    let first = options.from.map(place).transpose()?.unwrap_or(0);
    let last = options.to.map(place).transpose()?;
    let end = last.map_or(directory.migrations.len(), |it| it + 1);
    let all = directory.migrations.get(first..end).unwrap_or_default().to_vec();
    let origin = all.iter().find_map(|it| it.metadata.metaxy.clone());
    let (Some(origin), [_, .., last]) = (origin, all.as_slice()) else {
        return Err(SquashError::TooFew);
    };
    let version = last.name.split('_').next().unwrap_or_default();
    let name = words(options.name).ok_or_else(|| SquashError::Name(options.name.to_owned()))?;
    let name = format!("{version}_{name}");
    if directory.migrations.iter().any(|it| it.name == name) {
        return Err(SquashError::Name(options.name.to_owned()));
    }
    let mut before = Replayed::default();
    directory.migrations[..first].iter().try_for_each(|it| before.apply(it))?;
    let mut after = before.clone();
    let mut as_written = true;
    for migration in &all {
        as_written &= is_as_written(migration, &after.schema)?;
        after.apply(migration)?;
    }
    let moved = (before.table_prefix != after.table_prefix).then_some(after.table_prefix);
    let delta =
        Delta { table_prefix: moved, ..Delta::of(&before.schema, &after.schema, &after.schema) };
    let dialect = origin.backend.dialect();
    let script = Script::of(&name, &before.schema, &after.schema, dialect)?;
    // What was renamed on the way is known where all begins with nothing: there it is only created.
    let rewritten = as_written && first == 0;
    let joined = joined(&name, &all, origin);
    let migration = script.put_into(&joined);
    let migration = match rewritten {
        true => migration.with_transaction(dialect.transactional_ddl),
        false => {
            let rebuilds = joined.metadata.metaxy.iter().flat_map(|it| it.rebuilds.clone());
            let backfills = joined.metadata.metaxy.iter().flat_map(|it| it.backfills.clone());
            let (rebuilds, backfills) = (rebuilds.collect(), backfills.collect());
            let migration = migration.with_origin(|it| {
                it.rebuilds = rebuilds;
                it.backfills = backfills;
            });
            migration.with_scripts(joined.up.clone(), joined.down.clone())
        }
    };
    let migration = migration.with_delta(&delta);
    let next = directory
        .migrations
        .get(end)
        .map(|it| it.with_origin(|origin| origin.follows = Some(name.clone())));
    directory.migrations.splice(
        first..directory.migrations.len().min(end + 1),
        [migration.clone()].into_iter().chain(next),
    );
    let from = all.into_iter().map(|it| it.name).collect();
    Ok(Squash { from, migration, rewritten, directory })
}

impl Squash {
    /// Writes the migration, then removes those that it takes the place of, and writes the sums: all of it, or nothing where
    /// anything fails. Where the process is killed meanwhile, the files have to be restored from version control.
    ///
    /// # Errors
    ///
    /// [`MigrationError`] where a file cannot be written.
    pub fn write(&self) -> Result<(), MigrationError> {
        let directory = &self.directory.path;
        let change = || {
            self.migration.write(directory)?;
            self.directory.write_changed()?;
            self.directory.seal()?;
            // Last: only the files that metaxy knows can be put back.
            self.from.iter().try_for_each(|name| {
                let path = directory.join(name);
                let removed = fs::remove_dir_all(&path);
                removed.map_err(|source| MigrationError::Io { action: "remove", path, source })
            })
        };
        whole(directory, change, || _ = fs::remove_dir_all(directory.join(&self.migration.name)))
    }
}

/// Whether nobody wrote in a migration after metaxy did.
fn is_as_written(migration: &Migration, before: &Schema) -> Result<bool, SquashError> {
    let Some(origin) = &migration.metadata.metaxy else { return Ok(false) };
    let desired = migration.delta()?.done_to(before);
    let script = Script::of(&migration.name, before, &desired, origin.backend.dialect());
    Ok(script.is_ok_and(|it| it.is_of(migration)))
}

/// Their scripts one after the other.
fn joined(name: &str, all: &[Migration], origin: Origin) -> Migration {
    let text = |migration: &Migration, sql: &str| {
        let end = if sql.trim_end().ends_with(';') { "" } else { ";" };
        format!("-- {}\n{}{end}\n", migration.name, sql.trim_end())
    };
    let up = all.iter().map(|it| text(it, &it.up)).collect();
    let down = all.iter().rev().map(|it| it.down.as_ref().map(|sql| text(it, sql))).collect();
    let origins = || all.iter().filter_map(|it| it.metadata.metaxy.as_ref());
    let rebuilds: BTreeSet<_> = origins().flat_map(|it| it.rebuilds.clone()).collect();
    let origin = Origin {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        follows: all.first().and_then(|it| it.metadata.metaxy.as_ref()?.follows.clone()),
        over: Vec::new(),
        formerly: formerly(all),
        risks: Vec::new(),
        revert_drops: Vec::new(),
        rebuilds: rebuilds.into_iter().collect(),
        backfills: origins().flat_map(|it| it.backfills.clone()).collect(),
        ..origin
    };
    let run_in_transaction = all.iter().all(|it| it.metadata.run_in_transaction);
    Migration::new(name, up, down, Metadata { run_in_transaction, metaxy: Some(origin) })
}

/// The lists of migrations that databases may have in its place: each as it is, or as it was called before.
fn formerly(all: &[Migration]) -> Vec<Vec<Former>> {
    /// Beyond that, a database has to run once before it is squashed.
    const MOST: usize = 64;
    all.iter().fold(vec![Vec::new()], |lists, migration| {
        let former = migration.metadata.metaxy.iter().flat_map(|it| it.formerly.clone());
        let forms: Vec<Vec<Former>> =
            std::iter::once(vec![migration.former()]).chain(former).collect();
        let join = |list: &Vec<Former>| {
            let list = list.clone();
            forms.iter().map(move |it| [list.as_slice(), it].concat()).collect::<Vec<_>>()
        };
        lists.iter().flat_map(join).take(MOST).collect()
    })
}
