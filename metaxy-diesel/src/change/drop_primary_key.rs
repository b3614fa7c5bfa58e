use super::{AddPrimaryKey, Change, Kind};
use crate::{
    ddl::{self, Rendered, alter_table},
    dialect::Dialect,
    diff::Comparison,
    schema::TableName,
};

/// A table that stays loses its primary key, or gets another.
#[derive(Debug, Clone, PartialEq)]
pub struct DropPrimaryKey {
    /// Its table.
    pub table: TableName,
    /// The constraint's name.
    pub name: String,
    /// The key's columns.
    pub columns: Vec<String>,
}

impl DropPrimaryKey {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let changed = comparison.kept.iter().filter(|pair| pair.primary_key_changes());
        changed
            .filter_map(|pair| {
                let key = pair.current.primary_key.as_ref()?;
                let name = key.name_or_default(&pair.current.name);
                Some(Self { table: pair.desired.name.clone(), name, columns: key.columns.clone() })
            })
            .collect()
    }
}

impl Kind for DropPrimaryKey {
    fn inverse(&self) -> Change {
        let Self { table, name, columns } = self.clone();
        Change::AddPrimaryKey(AddPrimaryKey { table, name, columns })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        if !dialect.primary_key_names {
            return Ok(vec![format!("{} DROP PRIMARY KEY;", alter_table(dialect, &self.table)?)]);
        }
        ddl::drop_constraint(dialect, &self.table, &self.name)
    }

    fn reason(&self) -> String {
        format!("drop the primary key of `{}`", self.table)
    }

    fn brief(&self) -> String {
        format!("primary key ({})", self.columns.join(", "))
    }

    fn alters(&self) -> Option<&TableName> {
        Some(&self.table)
    }

    fn in_place(&self, dialect: &Dialect) -> bool {
        dialect.alter_primary_key
    }
}
