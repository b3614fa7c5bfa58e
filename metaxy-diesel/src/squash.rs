//! [`squash`]: several migrations become one.

use crate::{
    dialect::Dialect,
    generate::words,
    migration::{
        Delta, Direction, Former, MIGRATION_FILES, Metadata, Migration, MigrationDirectory,
        MigrationError, Origin, Replayed, position, whole,
    },
    rebase::{RebaseError, Script},
    schema::{Schema, TableName},
    tokens::{tokens, without_quotes},
};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

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
    /// They are less than two, or metaxy wrote none of them.
    #[error("there are no two migrations of metaxy to make one of")]
    TooFew,
    /// The name has no letter or digit, or is that of the last one.
    #[error("`{0}` is no new name for a migration: write another")]
    Name(String),
    /// What they do cannot be written as SQL.
    #[error(transparent)]
    Script(#[from] RebaseError),
    /// A trigger would be in the way within one script: triggers are taken off and put back around it.
    #[error(
        "`{trigger}` makes or drops a trigger, and `{rebuild}` builds `{table}` anew, which one script cannot both do: squash \
         those before and those after one of the two by themselves (--to, --from)"
    )]
    Trigger {
        /// The migration with the trigger.
        trigger: String,
        /// The migration that builds a table anew.
        rebuild: String,
        /// The table.
        table: TableName,
    },
    /// Databases may have them under more names than are kept in mind.
    #[error(
        "databases may have these migrations under {forms} combinations of names, since some were rebased or squashed before, and \
         {MOST_FORMS} are kept in mind: squash fewer of them (--from, --to); or, where every database has run since, remove \
         `formerly` from their `metadata.toml`, and run `metaxy migration repair`"
    )]
    TooManyForms {
        /// How many.
        forms: usize,
    },
}

/// How many lists of migrations one stands for at most.
const MOST_FORMS: usize = 64;

/// Makes one of several migrations that follow each other. It has the version of the last one, and says which it takes the place
/// of: a database that has all of these has it, and one that has some of them is refused in words.
///
/// # Errors
///
/// [`SquashError`].
pub fn squash(path: &Path, options: &SquashOptions<'_>) -> Result<Squash, SquashError> {
    let mut directory = MigrationDirectory::open(path)?;
    let place = |name: &str| position(path, &directory.migrations, name);
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
    if !rewritten {
        refuse_triggers(&all, dialect)?;
    }
    let joined = joined(&name, &all, origin)?;
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
            self.from.iter().try_for_each(|name| self.retire(name))
        };
        let undo = || {
            for name in &self.from {
                _ = fs::rename(self.kept(name), directory.join(name));
            }
            _ = fs::remove_dir_all(directory.join(&self.migration.name));
        };
        whole(directory, change, undo)
    }

    /// Removes what metaxy knows of a migration. What someone else put beside it moves to the one that takes its place.
    fn retire(&self, name: &str) -> Result<(), MigrationError> {
        let path = self.directory.path.join(name);
        let known = MIGRATION_FILES.map(|it| path.join(it));
        let removed = known.iter().filter(|it| it.exists()).try_for_each(fs::remove_file);
        let is_empty = removed.and_then(|()| Ok(fs::read_dir(&path)?.next().is_none()));
        let retired = is_empty.and_then(|is_empty| match is_empty {
            true => fs::remove_dir(&path),
            false => fs::rename(&path, self.kept(name)),
        });
        retired.map_err(|source| MigrationError::Io { action: "remove", path, source })
    }

    /// Where the other files of a migration go.
    fn kept(&self, name: &str) -> PathBuf {
        self.directory.path.join(&self.migration.name).join(name)
    }
}

/// Whether nobody wrote in a migration after metaxy did.
fn is_as_written(migration: &Migration, before: &Schema) -> Result<bool, SquashError> {
    let Some(origin) = &migration.metadata.metaxy else { return Ok(false) };
    let desired = migration.delta()?.done_to(before);
    let script = Script::of(&migration.name, before, &desired, origin.backend.dialect());
    Ok(script.is_ok_and(|it| it.is_of(migration)))
}

/// Refuses triggers of tables that another of the migrations builds anew.
fn refuse_triggers(all: &[Migration], dialect: &Dialect) -> Result<(), SquashError> {
    for (at, migration) in all.iter().enumerate() {
        let scripts = [Direction::Up, Direction::Down].map(|it| migration.script(it));
        let statements = scripts.into_iter().flat_map(dialect.statements);
        for table in statements.filter_map(|(_, it)| trigger(it)) {
            let others = all.iter().enumerate().filter(|(other, _)| *other != at);
            let rebuilds = others.flat_map(|(_, it)| {
                let origin = it.metadata.metaxy.as_ref();
                origin.into_iter().flat_map(|it| &it.rebuilds).map(move |table| (it, table))
            });
            let is_of = |found: &TableName| {
                table.as_ref().is_none_or(|it| it.eq_ignore_ascii_case(&found.name))
            };
            if let Some((rebuild, table)) = rebuilds.into_iter().find(|(_, it)| is_of(it)) {
                let (trigger, rebuild) = (migration.name.clone(), rebuild.name.clone());
                return Err(SquashError::Trigger { trigger, rebuild, table: table.clone() });
            }
        }
    }
    Ok(())
}

/// Whether a statement makes or drops a trigger, and of which table, where it says so.
fn trigger(statement: &str) -> Option<Option<String>> {
    let mut words = tokens(statement).map(|(_, it)| it);
    let is = |word: &str, wanted: &[&str]| wanted.iter().any(|it| it.eq_ignore_ascii_case(word));
    words.next().filter(|it| is(it, &["CREATE", "DROP"]))?;
    words.find(|it| !is(it, &["TEMP", "TEMPORARY"])).filter(|it| is(it, &["TRIGGER"]))?;
    let mut words = words.take_while(|it| !is(it, &["BEGIN"])).skip_while(|it| !is(it, &["ON"]));
    Some(words.nth(1).map(without_quotes))
}

/// Their scripts one after the other.
fn joined(name: &str, all: &[Migration], origin: Origin) -> Result<Migration, SquashError> {
    let dialect = origin.backend.dialect();
    let text = |migration: &Migration, sql: &str| {
        // On a line of its own: the last one may be a comment.
        let end = if is_ended(sql, dialect) { "" } else { "\n;" };
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
        formerly: formerly(all)?,
        risks: Vec::new(),
        revert_drops: Vec::new(),
        rebuilds: rebuilds.into_iter().collect(),
        backfills: origins().flat_map(|it| it.backfills.clone()).collect(),
        ..origin
    };
    let run_in_transaction = all.iter().all(|it| it.metadata.run_in_transaction);
    let metadata = Metadata { run_in_transaction, metaxy: Some(origin) };
    Ok(Migration::new(name, up, down, metadata))
}

/// Whether the last statement of a script has its `;`.
fn is_ended(sql: &str, dialect: &Dialect) -> bool {
    let Some((at, last)) = (dialect.statements)(sql).pop() else { return true };
    // Some databases' statements are without it.
    let mut end = tokens(last).last().into_iter().chain(tokens(&sql[at + last.len()..]));
    end.any(|(_, it)| it == ";")
}

/// The lists of migrations that databases may have in its place: each as it is, or as it was called before.
fn formerly(all: &[Migration]) -> Result<Vec<Vec<Former>>, SquashError> {
    let forms = |migration: &Migration| -> Vec<Vec<Former>> {
        let former = migration.metadata.metaxy.iter().flat_map(|it| it.formerly.clone());
        std::iter::once(vec![migration.former()]).chain(former).collect()
    };
    let forms: Vec<_> = all.iter().map(forms).collect();
    let count = forms.iter().fold(1, |count: usize, it| count.saturating_mul(it.len()));
    if count > MOST_FORMS {
        return Err(SquashError::TooManyForms { forms: count });
    }
    Ok(forms.iter().fold(vec![Vec::new()], |lists, forms| {
        let join = |list: &Vec<Former>| {
            let list = list.clone();
            forms.iter().map(move |it| [list.as_slice(), it].concat()).collect::<Vec<_>>()
        };
        lists.iter().flat_map(join).collect()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Backend;

    /// Migrations that each were called otherwise before.
    fn rebased(count: usize) -> Vec<Migration> {
        let migration = |at: usize| {
            let origin = Origin {
                version: String::new(),
                backend: Backend::Sqlite,
                scope: "features".to_owned(),
                follows: None,
                over: Vec::new(),
                formerly: vec![vec![
                    Migration::new(
                        &format!("{at}_old"),
                        String::new(),
                        None,
                        Metadata { run_in_transaction: true, metaxy: None },
                    )
                    .former(),
                ]],
                risks: Vec::new(),
                revert_drops: Vec::new(),
                rebuilds: Vec::new(),
                backfills: Vec::new(),
            };
            let metadata = Metadata { run_in_transaction: true, metaxy: Some(origin) };
            Migration::new(&format!("1{at}_new"), String::new(), None, metadata)
        };
        (0..count).map(migration).collect()
    }

    #[test]
    fn all_names_are_kept_in_mind_or_it_is_refused() {
        let forms = formerly(&rebased(6)).expect("they are few");
        let unique: BTreeSet<Vec<&str>> =
            forms.iter().map(|it| it.iter().map(|it| it.name.as_str()).collect()).collect();
        assert_eq!((forms.len(), unique.len()), (64, 64));
        let error = formerly(&rebased(7)).expect_err("they are many").to_string();
        assert!(
            error.starts_with("databases may have these migrations under 128 combinations"),
            "{error}"
        );
    }

    #[test]
    fn the_end_of_a_script_is_seen() {
        for backend in Backend::ALL {
            let check = |sql: &str, expected: bool| {
                assert_eq!(is_ended(sql, backend.dialect()), expected, "{sql} on {backend}");
            };
            check("", true);
            check("SELECT 1;", true);
            check("SELECT 1; -- done", true);
            check("SELECT 1", false);
            check("SELECT 1 -- done;", false);
            check("SELECT ';'", false);
        }
    }
}
