use super::{Change, DropColumn, Kind, Risk};
use crate::{
    ddl::{self, Rendered, alter_table},
    dialect::Dialect,
    diff::Comparison,
    schema::{Column, DefaultValue, TableName},
};

/// A table that was there has a new column.
#[derive(Debug, Clone, PartialEq)]
pub struct AddColumn {
    /// Its table.
    pub table: TableName,
    /// The column.
    pub column: Column,
}

impl AddColumn {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let added = comparison.kept.iter().flat_map(|pair| {
            pair.added_columns.iter().map(|column| Self {
                table: pair.desired.name.clone(),
                column: (*column).clone(),
            })
        });
        added.collect()
    }
}

impl Kind for AddColumn {
    fn inverse(&self) -> Change {
        Change::DropColumn(DropColumn { table: self.table.clone(), column: self.column.clone() })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let alter = alter_table(dialect, &self.table)?;
        let column = ddl::column(dialect, &self.table, &self.column)?;
        Ok(vec![format!("{alter} ADD COLUMN {column};")])
    }

    fn reason(&self) -> String {
        format!("add column `{}.{}`", self.table, self.column.name)
    }

    fn risk(&self, dialect: &Dialect) -> Option<Risk> {
        let mend = match &self.column.default {
            None if !self.column.nullable => "give the column a default, or make it an `Option`",
            Some(DefaultValue::Expression(_)) if !dialect.add_column_with_expression => {
                "give the column a constant for a default"
            }
            _ => return None,
        };
        let (table, column) = (self.table.clone(), self.column.name.clone());
        Some(Risk::NeedsEmptyTable { table, column, mend: mend.to_owned() })
    }
}
