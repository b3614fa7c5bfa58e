use super::{Change, Kind};
use crate::{
    ddl::{About, Rendered, alter_table},
    dialect::Dialect,
    diff::Comparison,
    renames::in_steps,
    schema::TableName,
};

/// A constraint has another name, and is the same otherwise: its table or a column of it was renamed.
#[derive(Debug, Clone, PartialEq)]
pub struct RenameConstraint {
    /// Its table.
    pub table: TableName,
    /// Its name until now.
    pub from: String,
    /// Its new name.
    pub to: String,
}

impl RenameConstraint {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        if !comparison.dialect.constraint_names {
            return Vec::new();
        }
        let renamed = comparison.kept.iter().flat_map(|pair| {
            pair.renamed_constraints().map(|(from, to)| Self {
                table: pair.desired.name.clone(),
                from: from.to_owned(),
                to: to.to_owned(),
            })
        });
        let room = comparison.room.constraints.iter().cloned();
        in_steps(room.chain(renamed).collect(), comparison.dialect)
    }
}

impl Kind for RenameConstraint {
    fn inverse(&self) -> Change {
        let table = self.table.clone();
        Change::RenameConstraint(Self { table, from: self.to.clone(), to: self.from.clone() })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let alter = alter_table(dialect, &self.table)?;
        let from = dialect.quote_identifier(&self.from).about(&self.table)?;
        let to = dialect.quote_identifier(&self.to).about(&self.table)?;
        Ok(vec![format!("{alter} RENAME CONSTRAINT {from} TO {to};")])
    }

    fn reason(&self) -> String {
        format!("rename constraint `{}` of `{}` to `{}`", self.from, self.table, self.to)
    }

    fn brief(&self) -> String {
        format!("constraint `{}` → `{}`", self.from, self.to)
    }

    fn table(&self) -> Option<&TableName> {
        Some(&self.table)
    }
}
