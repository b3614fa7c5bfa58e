use super::{AddUnique, Change, Kind};
use crate::{
    ddl::{self, Rendered},
    dialect::Dialect,
    diff::Comparison,
    schema::{Unique, TableName},
};

/// A table that stays loses a unique constraint, or gets another in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct DropUnique {
    /// Its table.
    pub table: TableName,
    /// The unique constraint.
    pub unique: Unique,
}

impl DropUnique {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let removed = comparison.kept.iter().flat_map(|pair| {
            pair.uniques.removed.iter().map(|unique| Self {
                table: pair.desired.name.clone(),
                unique: (*unique).clone(),
            })
        });
        removed.collect()
    }
}

impl Kind for DropUnique {
    fn inverse(&self) -> Change {
        let (table, unique) = (self.table.clone(), self.unique.clone());
        Change::AddUnique(AddUnique { table, unique })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        ddl::drop_constraint(dialect, &self.table, &self.unique.name)
    }

    fn reason(&self) -> String {
        format!("drop unique constraint `{}` of `{}`", self.unique.name, self.table)
    }

    fn brief(&self) -> String {
        format!("unique constraint `{}` ({})", self.unique.name, self.unique.columns.join(", "))
    }

    fn alters(&self) -> Option<&TableName> {
        Some(&self.table)
    }

    fn in_place(&self, dialect: &Dialect) -> bool {
        dialect.alter_constraints
    }
}
