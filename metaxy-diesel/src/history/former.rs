//! Migrations that took the place of others (`formerly` in `metadata.toml`): databases that have those have them.

use super::{AppliedRow, History, HistoryError};
use crate::{
    backend::{Session, statement::Statement},
    hash::text_hash,
    migration::{Former, Migration, MigrationDirectory},
};
use diesel::QueryResult;
use std::collections::{BTreeMap, BTreeSet};

/// What was applied to a database, as its migrations are called now.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    /// The rows, by version.
    pub(crate) rows: Vec<AppliedRow>,
    /// What the version table still calls otherwise.
    former: Vec<Renamed>,
    /// What is in the way, in words.
    pub(super) problems: Vec<String>,
}

/// A row that stands for others.
#[derive(Debug)]
struct Renamed {
    row: AppliedRow,
    /// Their versions. The last one becomes this one.
    versions: Vec<String>,
}

impl History {
    /// What was applied to a database, as its migrations are called now. Changes nothing.
    pub(crate) fn applied_as(
        &self,
        connection: &mut dyn Session,
        directory: &MigrationDirectory,
    ) -> Result<Applied, HistoryError> {
        Ok(recognise(self.applied(connection)?, &directory.migrations))
    }

    /// Gives the rows of a version table the names that its migrations have now, all of them or none.
    pub(crate) fn rename_former(
        &self,
        connection: &mut dyn Session,
        directory: &MigrationDirectory,
    ) -> Result<(), HistoryError> {
        let former = self.applied_as(connection, directory)?.former;
        if former.is_empty() {
            return Ok(());
        }
        // Diesel's own table has no names.
        let begun = self.prepare(connection).and_then(|()| connection.driver().begin());
        let renamed = begun.and_then(|()| {
            let mut left = former.iter().peekable();
            let renamed = std::iter::from_fn(|| left.next().map(|it| (it, left.peek().copied())))
                .try_for_each(|(it, next)| {
                    // Two branches did the same: one row stands for both.
                    match next.is_some_and(|next| next.versions.last() == it.versions.last()) {
                        true => self.copy(connection, it),
                        false => self.rename(connection, it),
                    }
                });
            renamed.and_then(|()| connection.driver().commit())
        });
        renamed.map_err(|source| {
            // The first error tells more.
            _ = connection.driver().rollback();
            HistoryError::VersionTable { table: self.version_table.clone(), source }
        })
    }

    /// Adds the row of a migration, where another one has the row that stands for it, too.
    fn copy(&self, connection: &mut dyn Session, renamed: &Renamed) -> QueryResult<()> {
        let Renamed { row, versions } = renamed;
        let Some(last) = versions.last() else { return Ok(()) };
        let mut insert = Statement::new("INSERT INTO ");
        insert
            .table(&self.version_table)
            .sql(" (version, name, checksum, run_on, tool_version, state, statements, duration_ms) SELECT ")
            .text(&row.version)
            .sql(", ")
            .text(row.name.as_deref().unwrap_or_default())
            .sql(", ")
            .text(row.checksum.as_deref().unwrap_or_default())
            .sql(", run_on, tool_version, state, statements, duration_ms FROM ")
            .table(&self.version_table)
            .sql(" WHERE version = ")
            .text(last);
        connection.driver().execute(insert).map(|_| ())
    }

    fn rename(&self, connection: &mut dyn Session, renamed: &Renamed) -> QueryResult<()> {
        let Renamed { row, versions } = renamed;
        let Some((last, others)) = versions.split_last() else { return Ok(()) };
        others.iter().try_for_each(|it| self.forget(connection, it))?;
        let mut update = Statement::new("UPDATE ");
        update
            .table(&self.version_table)
            .sql(" SET version = ")
            .text(&row.version)
            .sql(", name = ")
            .text(row.name.as_deref().unwrap_or_default())
            .sql(", checksum = ")
            .text(row.checksum.as_deref().unwrap_or_default())
            .sql(" WHERE version = ")
            .text(last);
        connection.driver().execute(update).map(|_| ())
    }
}

/// Finds the rows that stand for migrations of other names. The version that one has now may be that which another had.
fn recognise(rows: Vec<AppliedRow>, migrations: &[Migration]) -> Applied {
    let rows: BTreeMap<String, AppliedRow> =
        rows.into_iter().map(|it| (it.version.clone(), it)).collect();
    // The versions that stand for others.
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    let (mut former_rows, mut problems) = (Vec::new(), Vec::new());
    for migration in migrations {
        let former = migration.metadata.metaxy.as_ref().map_or(&[][..], |it| &it.formerly);
        let own = rows.get(&migration.version);
        let own = own.map_or(Some(false), |it| is_own(it, migration));
        if former.is_empty() || own == Some(true) {
            continue;
        }
        let found = former.iter().find_map(|it| Some((row_of(&rows, it, migration)?, it)));
        if let Some((row, former)) = found {
            taken.extend(former.iter().map(|it| it.version.as_str()));
            let versions = former.iter().map(|it| it.version.clone()).collect();
            former_rows.push(Renamed { row, versions });
            continue;
        }
        if own.is_none() {
            continue;
        }
        for former in former.iter().filter(|it| it.len() > 1) {
            let there: Vec<_> = former.iter().filter(|it| is_there(&rows, it)).collect();
            if there.is_empty() {
                continue;
            }
            taken.extend(there.iter().map(|it| it.version.as_str()));
            problems.push(format!(
                "migration `{}` took the place of {} migrations, of which this database has {}: run the others with the \
                 files from before that",
                migration.name,
                former.len(),
                there.len()
            ));
        }
    }
    // Versions only grow: the latest is renamed first, so that none takes one that another still has.
    former_rows.sort_by(|one, other| {
        let order = other.versions.last().cmp(&one.versions.last());
        order.then_with(|| one.row.version.cmp(&other.row.version))
    });
    let mut now: BTreeMap<String, AppliedRow> =
        rows.iter().filter(|(it, _)| !taken.contains(it.as_str())).map(owned).collect();
    now.extend(former_rows.iter().map(|it| (it.row.version.clone(), it.row.clone())));
    Applied { rows: now.into_values().collect(), former: former_rows, problems }
}

fn owned((version, row): (&String, &AppliedRow)) -> (String, AppliedRow) {
    (version.clone(), row.clone())
}

/// Whether a row is that of the migration, and of none before it that had the same version; `None`: Diesel wrote it, which keeps
/// no hash.
fn is_own(row: &AppliedRow, migration: &Migration) -> Option<bool> {
    let is_same = row.checksum.as_ref().map(|_| !row.is_edited(&migration.up));
    if row.partial().is_some() { Some(true) } else { is_same }
}

fn is_there(rows: &BTreeMap<String, AppliedRow>, former: &Former) -> bool {
    // Diesel's own rows have neither.
    let is_same = |it: &AppliedRow| {
        it.checksum.as_ref().is_none_or(|it| *it == former.checksum)
            && it.name.as_ref().is_none_or(|it| *it == former.name)
    };
    rows.get(&former.version).is_some_and(|it| it.partial().is_none() && is_same(it))
}

/// The row that stands for these, where all of them are there.
fn row_of(
    rows: &BTreeMap<String, AppliedRow>,
    former: &[Former],
    migration: &Migration,
) -> Option<AppliedRow> {
    let last = rows.get(&former.last()?.version)?;
    let (version, name) = (migration.version.clone(), Some(migration.name.clone()));
    let checksum = text_hash(&migration.up);
    if former.iter().all(|it| is_there(rows, it)) {
        return Some(AppliedRow { version, name, checksum: Some(checksum), ..last.clone() });
    }
    // One that was done in part goes on where its script is the same.
    let is_same = former.len() == 1 && former[0].checksum == checksum && last.partial().is_some();
    is_same.then(|| AppliedRow { version, name, ..last.clone() })
}
