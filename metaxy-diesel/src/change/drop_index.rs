use super::{Change, CreateIndex, Kind};
use crate::{
    ddl::{self, Rendered},
    dialect::Dialect,
    diff::Comparison,
    schema::{Index, TableName},
};

/// An index of a table that stays is gone.
#[derive(Debug, Clone, PartialEq)]
pub struct DropIndex {
    /// Its table.
    pub table: TableName,
    /// The index.
    pub index: Index,
}

impl DropIndex {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let removed = comparison.kept.iter().flat_map(|pair| {
            pair.indexes.removed.iter().map(|index| Self {
                table: pair.desired.name.clone(),
                index: (*index).clone(),
            })
        });
        removed.collect()
    }
}

impl Kind for DropIndex {
    fn inverse(&self) -> Change {
        Change::CreateIndex(CreateIndex { table: self.table.clone(), index: self.index.clone() })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        Ok(vec![ddl::drop_index(dialect, &self.table, &self.index)?])
    }

    fn reason(&self) -> String {
        format!("drop index `{}` of `{}`", self.index.name, self.table)
    }

    fn brief(&self) -> String {
        let unique = if self.index.unique { "unique " } else { "" };
        format!("{unique}index `{}` ({})", self.index.name, self.index.in_words())
    }

    fn alters(&self) -> Option<&TableName> {
        Some(&self.table)
    }
}
