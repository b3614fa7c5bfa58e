use super::{Change, DropTable, Kind};
use crate::{
    ddl::{self, Rendered},
    dialect::Dialect,
    diff::Comparison,
    schema::{Table, TableName},
};

/// A table is new.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateTable {
    /// The table, with its keys and indexes.
    pub table: Table,
}

impl CreateTable {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let tables = comparison.created.tables.iter();
        tables.map(|table| Self { table: table.clone() }).collect()
    }
}

impl Kind for CreateTable {
    fn inverse(&self) -> Change {
        Change::DropTable(DropTable { table: self.table.clone() })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        ddl::create_table(dialect, &self.table)
    }

    fn reason(&self) -> String {
        format!("create table `{}`", self.table.name)
    }

    fn brief(&self) -> String {
        format!("table `{}`, {} columns", self.table.name, self.table.columns.len())
    }

    fn table(&self) -> Option<&TableName> {
        Some(&self.table.name)
    }
}
