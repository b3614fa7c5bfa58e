use super::{Change, DropCheck, Kind, Risk};
use crate::{
    ddl::{self, Rendered},
    dialect::Dialect,
    diff::Comparison,
    schema::{Check, TableName},
};

/// A table that was there gets a check.
#[derive(Debug, Clone, PartialEq)]
pub struct AddCheck {
    /// Its table.
    pub table: TableName,
    /// The check.
    pub check: Check,
}

impl AddCheck {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let added = comparison.kept.iter().flat_map(|pair| {
            pair.checks.added.iter().map(|check| Self {
                table: pair.desired.name.clone(),
                check: (*check).clone(),
            })
        });
        added.collect()
    }
}

impl Kind for AddCheck {
    fn inverse(&self) -> Change {
        let (table, check) = (self.table.clone(), self.check.clone());
        Change::DropCheck(DropCheck { table, check })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let check = ddl::check(dialect, &self.table, &self.check)?;
        ddl::add_constraint(dialect, &self.table, &check)
    }

    fn reason(&self) -> String {
        format!("add check `{}` of `{}`", self.check.name, self.table)
    }

    fn brief(&self) -> String {
        format!("check `{}` ({})", self.check.name, self.check.expression)
    }

    fn risks(&self) -> Vec<Risk> {
        let constraint = format!("check ({})", self.check.expression);
        vec![Risk::NeedsValidRows { table: self.table.clone(), constraint }]
    }

    fn alters(&self) -> Option<&TableName> {
        Some(&self.table)
    }

    fn in_place(&self, dialect: &Dialect) -> bool {
        dialect.alter_constraints
    }
}
