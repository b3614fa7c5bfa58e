use super::{Change, CreateTable, Kind, Risk};
use crate::{
    ddl::{About, Rendered},
    dialect::Dialect,
    diff::Comparison,
    schema::{Table, TableName},
};

/// A table is gone.
#[derive(Debug, Clone, PartialEq)]
pub struct DropTable {
    /// The table as it was.
    pub table: Table,
}

impl DropTable {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let tables = comparison.dropped.tables.iter();
        tables.map(|table| Self { table: table.clone() }).collect()
    }
}

impl Kind for DropTable {
    fn inverse(&self) -> Change {
        Change::CreateTable(CreateTable { table: self.table.clone() })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let table = dialect.quote_table(&self.table.name).about(&self.table.name)?;
        Ok(vec![format!("DROP TABLE {table};")])
    }

    fn reason(&self) -> String {
        format!("drop table `{}`", self.table.name)
    }

    fn brief(&self) -> String {
        format!("table `{}`", self.table.name)
    }

    fn table(&self) -> Option<&TableName> {
        Some(&self.table.name)
    }

    fn risks(&self) -> Vec<Risk> {
        vec![Risk::DataLoss { table: self.table.name.clone(), column: None }]
    }
}
