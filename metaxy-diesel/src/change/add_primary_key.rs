use super::{Change, DropPrimaryKey, Kind, Risk};
use crate::{
    ddl::{self, Rendered},
    dialect::Dialect,
    diff::Comparison,
    schema::TableName,
};

/// A table that was there gets a primary key.
#[derive(Debug, Clone, PartialEq)]
pub struct AddPrimaryKey {
    /// Its table.
    pub table: TableName,
    /// The constraint's name.
    pub name: String,
    /// The key's columns.
    pub columns: Vec<String>,
}

impl AddPrimaryKey {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let changed = comparison.kept.iter().filter(|pair| pair.primary_key_changes());
        changed
            .filter_map(|pair| {
                let key = pair.desired.primary_key.as_ref()?;
                let name = key.name_or_default(&pair.desired.name);
                Some(Self { table: pair.desired.name.clone(), name, columns: key.columns.clone() })
            })
            .collect()
    }
}

impl Kind for AddPrimaryKey {
    fn inverse(&self) -> Change {
        let Self { table, name, columns } = self.clone();
        Change::DropPrimaryKey(DropPrimaryKey { table, name, columns })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let key = ddl::primary_key(dialect, &self.table, Some(&self.name), &self.columns)?;
        ddl::add_constraint(dialect, &self.table, &key)
    }

    fn risks(&self) -> Vec<Risk> {
        let constraint = format!("primary key ({})", self.columns.join(", "));
        vec![Risk::NeedsValidRows { table: self.table.clone(), constraint }]
    }

    fn reason(&self) -> String {
        format!("add the primary key of `{}`", self.table)
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
