use super::{AddColumn, Change, Kind, Risk};
use crate::{
    ddl::{About, Rendered, alter_table},
    dialect::Dialect,
    diff::Comparison,
    schema::{Column, TableName},
};

/// A column of a table that stays is gone.
#[derive(Debug, Clone, PartialEq)]
pub struct DropColumn {
    /// Its table.
    pub table: TableName,
    /// The column as it was.
    pub column: Column,
}

impl DropColumn {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let removed = comparison.kept.iter().flat_map(|pair| {
            let plain = pair.removed_columns.iter().filter(|it| it.generated.is_none());
            plain.map(|column| Self {
                table: pair.desired.name.clone(),
                column: comparison.leaving(column),
            })
        });
        removed.collect()
    }
}

impl Kind for DropColumn {
    fn inverse(&self) -> Change {
        let (table, column) = (self.table.clone(), self.column.clone());
        Change::AddColumn(AddColumn { table, column, backfill: None })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let alter = alter_table(dialect, &self.table)?;
        let column = dialect.quote_identifier(&self.column.name).about(&self.table)?;
        Ok(vec![format!("{alter} DROP COLUMN {column};")])
    }

    fn reason(&self) -> String {
        format!("drop column `{}.{}`", self.table, self.column.name)
    }

    fn brief(&self) -> String {
        format!("column {}", self.column.in_words())
    }

    fn risks(&self) -> Vec<Risk> {
        let (table, column) = (self.table.clone(), Some(self.column.name.clone()));
        vec![Risk::DataLoss { table, column }]
    }

    fn alters(&self) -> Option<&TableName> {
        Some(&self.table)
    }
    fn in_place(&self, dialect: &Dialect) -> bool {
        dialect.drop_column
    }
}
