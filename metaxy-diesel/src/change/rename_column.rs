use super::{Change, Kind};
use crate::{
    ddl::{About, Rendered, alter_table},
    dialect::Dialect,
    diff::Comparison,
    schema::TableName,
};

/// A column has another name.
#[derive(Debug, Clone, PartialEq)]
pub struct RenameColumn {
    /// Its table, by its new name.
    pub table: TableName,
    /// Its name until now.
    pub from: String,
    /// Its new name.
    pub to: String,
}

impl RenameColumn {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        comparison.renamed_columns.to_vec()
    }
}

impl Kind for RenameColumn {
    fn inverse(&self) -> Change {
        let table = self.table.clone();
        Change::RenameColumn(Self { table, from: self.to.clone(), to: self.from.clone() })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let alter = alter_table(dialect, &self.table)?;
        let from = dialect.quote_identifier(&self.from).about(&self.table)?;
        let to = dialect.quote_identifier(&self.to).about(&self.table)?;
        Ok(vec![format!("{alter} RENAME COLUMN {from} TO {to};")])
    }

    fn reason(&self) -> String {
        format!("rename column `{}.{}` to `{}`", self.table, self.from, self.to)
    }

    fn brief(&self) -> String {
        format!("column `{}` → `{}`", self.from, self.to)
    }

    fn table(&self) -> Option<&TableName> {
        Some(&self.table)
    }
    fn in_place(&self, dialect: &Dialect) -> bool {
        dialect.rename
    }
}
