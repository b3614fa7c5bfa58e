//! [`Script`]: the SQL of a migration as metaxy writes it.

use super::RebaseError;
use crate::{
    change::Risk,
    dialect::Dialect,
    diff::diff,
    loss::losses,
    migration::Migration,
    plan::{Plan, plan},
    schema::Schema,
};

/// The SQL of a migration as metaxy writes it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Script {
    pub(crate) up: String,
    pub(crate) down: String,
    plan: Plan,
    risks: Vec<Risk>,
}

impl Script {
    /// That of the migration from one schema to another. What it loses was allowed when it was generated.
    pub(crate) fn of(
        name: &str,
        before: &Schema,
        desired: &Schema,
        dialect: &Dialect,
    ) -> Result<Self, RebaseError> {
        let migration = || name.to_owned();
        let difference = diff(before, desired, dialect)
            .map_err(|source| RebaseError::Diff { migration: migration(), source })?;
        let allowed: Vec<_> = losses(&difference, &[]).into_iter().map(|it| it.object).collect();
        let plan = plan(&difference, dialect, &allowed)
            .map_err(|source| RebaseError::Plan { migration: migration(), source })?;
        let (up, down) = (plan.up_sql(), plan.down_sql());
        Ok(Self { up, down, plan, risks: difference.risks() })
    }

    /// Whether a migration is as metaxy wrote it.
    pub(crate) fn is_of(&self, migration: &Migration) -> bool {
        let same = |one: &str, other: &str| one.lines().eq(other.lines());
        same(&self.up, &migration.up)
            && migration.down.as_ref().is_some_and(|it| same(&self.down, it))
    }

    /// The migration with this SQL, and what has to be known of it.
    pub(crate) fn put_into(&self, migration: &Migration) -> Migration {
        let text = |sql: &str| match sql.trim().is_empty() {
            // Diesel runs no empty script on PostgreSQL.
            true => "-- Nothing is left to do.\nSELECT 1;\n".to_owned(),
            false => sql.to_owned(),
        };
        let migration = migration.with_origin(|origin| {
            origin.risks.clone_from(&self.risks);
            origin.revert_drops = self.plan.revert_drops();
            origin.rebuilds = self.plan.rebuilds();
            origin.backfills = self.plan.backfills();
        });
        migration.with_scripts(text(&self.up), Some(text(&self.down)))
    }
}
