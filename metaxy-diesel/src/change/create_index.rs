use super::{Change, DropIndex, Kind, Risk};
use crate::{
    ddl::{self, Rendered},
    dialect::Dialect,
    diff::Comparison,
    schema::{Index, TableName},
};

/// A table that was there has a new index.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateIndex {
    /// Its table.
    pub table: TableName,
    /// The index.
    pub index: Index,
}

impl CreateIndex {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let added = comparison.kept.iter().flat_map(|pair| {
            pair.indexes.added.iter().map(|index| Self {
                table: pair.desired.name.clone(),
                index: (*index).clone(),
            })
        });
        added.collect()
    }
}

impl Kind for CreateIndex {
    fn inverse(&self) -> Change {
        Change::DropIndex(DropIndex { table: self.table.clone(), index: self.index.clone() })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        Ok(vec![ddl::create_index(dialect, &self.table, &self.index)?])
    }

    fn reason(&self) -> String {
        format!("create index `{}` of `{}`", self.index.name, self.table)
    }

    fn brief(&self) -> String {
        let unique = if self.index.unique { "unique " } else { "" };
        format!("{unique}index `{}` ({})", self.index.name, self.index.in_words())
    }

    fn risks(&self) -> Vec<Risk> {
        let constraint = format!("unique ({})", self.index.in_words());
        let risk = Risk::NeedsValidRows { table: self.table.clone(), constraint };
        if self.index.unique { vec![risk] } else { Vec::new() }
    }

    fn alters(&self) -> Option<&TableName> {
        Some(&self.table)
    }
}
