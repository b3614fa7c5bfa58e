use super::{AddGenerated, Change, Kind};
use crate::{
    columns::Fate,
    ddl::{About, Rendered, alter_table},
    dialect::Dialect,
    diff::Comparison,
    schema::{Column, TableName},
};

/// A generated column is gone, or goes so that it can be made anew. Its values are computed from others: none is lost.
#[derive(Debug, Clone, PartialEq)]
pub struct DropGenerated {
    /// Its table.
    pub table: TableName,
    /// The column as it was.
    pub column: Column,
}

impl DropGenerated {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let dropped = comparison.kept.iter().flat_map(|pair| {
            let removed = pair.removed_columns.iter().filter(|it| it.generated.is_some());
            let remade = pair.kept_columns.iter().filter(|it| it.fate == Fate::Remade);
            // One may be computed from another, which mostly comes before it.
            let mut columns: Vec<_> = removed.copied().chain(remade.map(|it| it.before)).collect();
            columns.sort_by_key(|column| {
                std::cmp::Reverse(pair.current.columns.iter().position(|it| it.name == column.name))
            });
            columns.into_iter().map(|column| Self {
                table: pair.desired.name.clone(),
                column: column.clone(),
            })
        });
        dropped.collect()
    }
}

impl Kind for DropGenerated {
    fn inverse(&self) -> Change {
        let Self { table, column } = self.clone();
        Change::AddGenerated(AddGenerated { table, column })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let alter = alter_table(dialect, &self.table)?;
        let column = dialect.quote_identifier(&self.column.name).about(&self.table)?;
        Ok(vec![format!("{alter} DROP COLUMN {column};")])
    }

    fn reason(&self) -> String {
        format!("drop generated column `{}.{}`", self.table, self.column.name)
    }

    fn brief(&self) -> String {
        format!("column {}", self.column.in_words())
    }

    fn alters(&self) -> Option<&TableName> {
        Some(&self.table)
    }
    fn in_place(&self, dialect: &Dialect) -> bool {
        dialect.drop_column
    }
}
