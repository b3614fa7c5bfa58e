use super::{Change, Kind};
use crate::{
    ddl::{self, Rendered},
    dialect::Dialect,
    diff::Comparison,
    schema::TableName,
};

/// A table has another name, or is in another namespace.
#[derive(Debug, Clone, PartialEq)]
pub struct RenameTable {
    /// Its name until now.
    pub from: TableName,
    /// Its new name.
    pub to: TableName,
}

impl RenameTable {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        comparison.renamed_tables.to_vec()
    }
}

impl Kind for RenameTable {
    fn inverse(&self) -> Change {
        Change::RenameTable(Self { from: self.to.clone(), to: self.from.clone() })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        ddl::rename(dialect, "TABLE", &self.from, &self.to)
    }

    fn reason(&self) -> String {
        format!("rename table `{}` to `{}`", self.from, self.to)
    }

    fn brief(&self) -> String {
        format!("table `{}` → `{}`", self.from, self.to)
    }

    fn table(&self) -> Option<&TableName> {
        Some(&self.to)
    }
    fn in_place(&self, dialect: &Dialect) -> bool {
        dialect.rename
    }
}
