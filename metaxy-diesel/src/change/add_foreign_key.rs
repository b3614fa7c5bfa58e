use super::{Change, DropForeignKey, Kind, Risk};
use crate::{
    ddl::{self, Rendered},
    dialect::Dialect,
    diff::Comparison,
    schema::{ForeignKey, TableName},
};

/// A table that was there gets a foreign key.
#[derive(Debug, Clone, PartialEq)]
pub struct AddForeignKey {
    /// Its table.
    pub table: TableName,
    /// The foreign key.
    pub foreign_key: ForeignKey,
}

impl AddForeignKey {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let kept = comparison.kept.iter().flat_map(|pair| {
            pair.foreign_keys.added.iter().map(|key| (&pair.desired.name, *key))
        });
        let apart = comparison.created.foreign_keys.iter().copied();
        kept.chain(apart)
            .map(|(table, key)| Self { table: table.clone(), foreign_key: key.clone() })
            .collect()
    }
}

impl Kind for AddForeignKey {
    fn inverse(&self) -> Change {
        let (table, foreign_key) = (self.table.clone(), self.foreign_key.clone());
        Change::DropForeignKey(DropForeignKey { table, foreign_key })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let foreign_key = ddl::foreign_key(dialect, &self.table, &self.foreign_key)?;
        ddl::add_constraint(dialect, &self.table, &foreign_key)
    }

    fn reason(&self) -> String {
        format!("add foreign key `{}` of `{}`", self.foreign_key.name, self.table)
    }

    fn brief(&self) -> String {
        self.foreign_key.in_words()
    }

    fn risks(&self) -> Vec<Risk> {
        let constraint = format!(
            "foreign key ({}) to {} ({})",
            self.foreign_key.columns.join(", "),
            self.foreign_key.references,
            self.foreign_key.referenced_columns.join(", ")
        );
        vec![Risk::NeedsValidRows { table: self.table.clone(), constraint }]
    }

    fn alters(&self) -> Option<&TableName> {
        Some(&self.table)
    }

    fn in_place(&self, dialect: &Dialect) -> bool {
        dialect.alter_constraints
    }
}
