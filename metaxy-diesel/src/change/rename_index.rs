use super::{Change, Kind};
use crate::{
    ddl::{self, About, Rendered, alter_table},
    dialect::Dialect,
    diff::Comparison,
    renames::in_steps,
    schema::{Index, TableName},
};

/// An index has another name, and is the same otherwise: its table or a column of it was renamed.
#[derive(Debug, Clone, PartialEq)]
pub struct RenameIndex {
    /// Its table.
    pub table: TableName,
    /// The index until now.
    pub from: Index,
    /// The index by its new name.
    pub to: Index,
}

impl RenameIndex {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let renamed = comparison.kept.iter().flat_map(|pair| {
            pair.indexes.renamed.iter().map(|(from, to)| Self {
                table: pair.desired.name.clone(),
                from: (*from).clone(),
                to: (*to).clone(),
            })
        });
        let room = comparison.room.indexes.iter().cloned();
        in_steps(room.chain(renamed).collect(), comparison.dialect)
    }
}

impl Kind for RenameIndex {
    fn inverse(&self) -> Change {
        let (from, to) = (self.to.clone(), self.from.clone());
        Change::RenameIndex(Self { table: self.table.clone(), from, to })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        if !dialect.rename_index {
            return Ok(vec![
                ddl::drop_index(dialect, &self.table, &self.from)?,
                ddl::create_index(dialect, &self.table, &self.to)?,
            ]);
        }
        let to = dialect.quote_identifier(&self.to.name).about(&self.table)?;
        if dialect.table_owns_indexes {
            let alter = alter_table(dialect, &self.table)?;
            let from = dialect.quote_identifier(&self.from.name).about(&self.table)?;
            return Ok(vec![format!("{alter} RENAME INDEX {from} TO {to};")]);
        }
        let from = ddl::index_name(dialect, &self.table, &self.from.name)?;
        Ok(vec![format!("ALTER INDEX {from} RENAME TO {to};")])
    }

    fn reason(&self) -> String {
        format!("rename index `{}` to `{}`", self.from.name, self.to.name)
    }

    fn brief(&self) -> String {
        format!("index `{}` → `{}`", self.from.name, self.to.name)
    }

    fn alters(&self) -> Option<&TableName> {
        Some(&self.table)
    }
}
