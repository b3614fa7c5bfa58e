use super::{Change, Kind};
use crate::{
    ddl::{About, Rendered, alter_table},
    dialect::Dialect,
    diff::Comparison,
    schema::{Deferrable, ForeignKey, TableName},
};

/// A foreign key is checked at another time, and is the same otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterForeignKey {
    /// Its table.
    pub table: TableName,
    /// The foreign key until now.
    pub from: ForeignKey,
    /// The foreign key as it will be.
    pub to: ForeignKey,
}

impl AlterForeignKey {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let altered = comparison.kept.iter().flat_map(|pair| {
            pair.altered_foreign_keys.iter().map(|(from, to)| Self {
                table: pair.desired.name.clone(),
                from: (*from).clone(),
                to: (*to).clone(),
            })
        });
        altered.collect()
    }
}

impl Kind for AlterForeignKey {
    fn inverse(&self) -> Change {
        let (from, to) = (self.to.clone(), self.from.clone());
        Change::AlterForeignKey(Self { table: self.table.clone(), from, to })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let alter = alter_table(dialect, &self.table)?;
        let name = dialect.quote_identifier(&self.to.name).about(&self.table)?;
        let deferrable = match self.to.deferrable {
            Deferrable::No => " NOT DEFERRABLE",
            deferrable => deferrable.sql(),
        };
        Ok(vec![format!("{alter} ALTER CONSTRAINT {name}{deferrable};")])
    }

    fn reason(&self) -> String {
        format!("change when foreign key `{}` of `{}` is checked", self.to.name, self.table)
    }

    fn alters(&self) -> Option<&TableName> {
        Some(&self.table)
    }
}
