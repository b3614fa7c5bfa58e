use super::{AddCheck, Change, Kind};
use crate::{
    ddl::{self, Rendered},
    dialect::Dialect,
    diff::Comparison,
    schema::{Check, TableName},
};

/// A table that stays loses a check, or gets another in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct DropCheck {
    /// Its table.
    pub table: TableName,
    /// The check.
    pub check: Check,
}

impl DropCheck {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let removed = comparison.kept.iter().flat_map(|pair| {
            pair.checks.removed.iter().map(|check| Self {
                table: pair.desired.name.clone(),
                check: (*check).clone(),
            })
        });
        removed.collect()
    }
}

impl Kind for DropCheck {
    fn inverse(&self) -> Change {
        let (table, check) = (self.table.clone(), self.check.clone());
        Change::AddCheck(AddCheck { table, check })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        ddl::drop_constraint(dialect, &self.table, &self.check.name)
    }

    fn reason(&self) -> String {
        format!("drop check `{}` of `{}`", self.check.name, self.table)
    }

    fn brief(&self) -> String {
        format!("check `{}` ({})", self.check.name, self.check.expression)
    }

    fn alters(&self) -> Option<&TableName> {
        Some(&self.table)
    }

    fn in_place(&self, dialect: &Dialect) -> bool {
        dialect.alter_constraints
    }
}
