use super::{Change, Kind};
use crate::{
    ddl::{About, Rendered, alter_table},
    dialect::Dialect,
    diff::Comparison,
    schema::TableName,
};

/// A table has another name.
#[derive(Debug, Clone, PartialEq)]
pub struct RenameTable {
    /// Its name until now.
    pub from: TableName,
    /// Its new name.
    pub to: TableName,
}

impl RenameTable {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        comparison.renamed_tables.clone()
    }
}

impl Kind for RenameTable {
    fn inverse(&self) -> Change {
        Change::RenameTable(Self { from: self.to.clone(), to: self.from.clone() })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let alter = alter_table(dialect, &self.from)?;
        // The new name is never qualified: a rename does not move a table to another namespace.
        let to = dialect.quote_identifier(&self.to.name).about(&self.to)?;
        Ok(vec![format!("{alter} RENAME TO {to};")])
    }

    fn reason(&self) -> String {
        format!("rename table `{}` to `{}`", self.from, self.to)
    }
}
