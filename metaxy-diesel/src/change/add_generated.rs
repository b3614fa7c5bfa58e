use super::{Change, DropGenerated, Kind, Risk};
use crate::{
    columns::Fate,
    ddl::{self, Rendered, alter_table},
    dialect::Dialect,
    diff::Comparison,
    schema::{Column, Storage, TableName},
};

/// A table that was there has a new generated column, or one that is made anew.
#[derive(Debug, Clone, PartialEq)]
pub struct AddGenerated {
    /// Its table.
    pub table: TableName,
    /// The column.
    pub column: Column,
}

impl AddGenerated {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let added = comparison.kept.iter().flat_map(|pair| {
            let added = pair.added_columns.iter().filter(|it| it.generated.is_some());
            let remade = pair.kept_columns.iter().filter(|it| it.fate == Fate::Remade);
            // One may be computed from another, which mostly comes before it.
            let mut columns: Vec<_> = added.copied().chain(remade.map(|it| it.after)).collect();
            columns.sort_by_key(|column| {
                pair.desired.columns.iter().position(|it| it.name == column.name)
            });
            columns.into_iter().map(|column| Self {
                table: pair.desired.name.clone(),
                column: column.clone(),
            })
        });
        added.collect()
    }
}

impl Kind for AddGenerated {
    fn inverse(&self) -> Change {
        let Self { table, column } = self.clone();
        Change::DropGenerated(DropGenerated { table, column })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let alter = alter_table(dialect, &self.table)?;
        let column = ddl::column(dialect, &self.table, &self.column)?;
        let comment = ddl::column_comment(dialect, &self.table, &self.column)?;
        Ok([Some(format!("{alter} ADD COLUMN {column};")), comment].into_iter().flatten().collect())
    }

    fn reason(&self) -> String {
        let generated = self.column.generated.iter().map(|it| format!(" as {it}"));
        let generated: String = generated.collect();
        format!("add generated column `{}.{}`{generated}", self.table, self.column.name)
    }

    fn brief(&self) -> String {
        format!("column {}", self.column.in_words())
    }

    fn risks(&self) -> Vec<Risk> {
        let constraint = format!("not null ({})", self.column.name);
        let risk = Risk::NeedsValidRows { table: self.table.clone(), constraint };
        if self.column.nullable { Vec::new() } else { vec![risk] }
    }

    fn alters(&self) -> Option<&TableName> {
        Some(&self.table)
    }

    fn in_place(&self, dialect: &Dialect) -> bool {
        self.column.generated.as_ref().is_none_or(|it| match it.storage {
            Storage::Stored => dialect.columns.add_stored,
            Storage::Virtual => dialect.columns.add_virtual,
        })
    }
}
