use super::{Change, DropUnique, Kind, Risk};
use crate::{
    ddl::{self, Rendered},
    dialect::Dialect,
    diff::Comparison,
    schema::{Unique, TableName},
};

/// A table that was there gets a unique constraint.
#[derive(Debug, Clone, PartialEq)]
pub struct AddUnique {
    /// Its table.
    pub table: TableName,
    /// The unique constraint.
    pub unique: Unique,
}

impl AddUnique {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let added = comparison.kept.iter().flat_map(|pair| {
            pair.uniques.added.iter().map(|unique| Self {
                table: pair.desired.name.clone(),
                unique: (*unique).clone(),
            })
        });
        added.collect()
    }
}

impl Kind for AddUnique {
    fn inverse(&self) -> Change {
        let (table, unique) = (self.table.clone(), self.unique.clone());
        Change::DropUnique(DropUnique { table, unique })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let unique = ddl::unique(dialect, &self.table, &self.unique)?;
        ddl::add_constraint(dialect, &self.table, &unique)
    }

    fn reason(&self) -> String {
        format!("add unique constraint `{}` of `{}`", self.unique.name, self.table)
    }

    fn brief(&self) -> String {
        format!("unique constraint `{}` ({})", self.unique.name, self.unique.columns.join(", "))
    }

    fn risks(&self) -> Vec<Risk> {
        let constraint = format!("unique ({})", self.unique.columns.join(", "));
        vec![Risk::NeedsValidRows { table: self.table.clone(), constraint }]
    }

    fn alters(&self) -> Option<&TableName> {
        Some(&self.table)
    }

    fn in_place(&self, dialect: &Dialect) -> bool {
        dialect.alter_constraints
    }
}
