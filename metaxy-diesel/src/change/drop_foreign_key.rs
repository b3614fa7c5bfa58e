use super::{AddForeignKey, Change, Kind};
use crate::{
    ddl::{self, Rendered},
    dialect::Dialect,
    diff::Comparison,
    schema::{ForeignKey, TableName},
};

/// A table that stays loses a foreign key, or gets another in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct DropForeignKey {
    /// Its table.
    pub table: TableName,
    /// The foreign key.
    pub foreign_key: ForeignKey,
}

impl DropForeignKey {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let kept = comparison.kept.iter().flat_map(|pair| {
            pair.foreign_keys.removed.iter().map(|key| (&pair.desired.name, *key))
        });
        let apart = comparison.dropped.foreign_keys.iter().copied();
        kept.chain(apart)
            .map(|(table, key)| Self { table: table.clone(), foreign_key: key.clone() })
            .collect()
    }
}

impl Kind for DropForeignKey {
    fn inverse(&self) -> Change {
        let (table, foreign_key) = (self.table.clone(), self.foreign_key.clone());
        Change::AddForeignKey(AddForeignKey { table, foreign_key })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        ddl::drop_constraint(dialect, &self.table, &self.foreign_key.name)
    }

    fn reason(&self) -> String {
        format!("drop foreign key `{}` of `{}`", self.foreign_key.name, self.table)
    }

    fn brief(&self) -> String {
        self.foreign_key.in_words()
    }

    fn alters(&self) -> Option<&TableName> {
        Some(&self.table)
    }

    fn in_place(&self, dialect: &Dialect) -> bool {
        dialect.alter_constraints
    }
}
