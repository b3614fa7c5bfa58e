use super::{Change, Kind, Risk, StopGenerating};
use crate::{
    columns::Fate,
    ddl::{self, About, Rendered, alter_table},
    dialect::{AlterColumn, Dialect},
    diff::Comparison,
    schema::{Column, TableName},
};

/// A column that held values is computed.
#[derive(Debug, Clone, PartialEq)]
pub struct StartGenerating {
    /// Its table.
    pub table: TableName,
    /// The column as it was.
    pub from: Column,
    /// The column as it should be, of the same name.
    pub to: Column,
}

impl StartGenerating {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let started = comparison.kept.iter().flat_map(|pair| {
            let computed = pair.kept_columns.iter().filter(|it| it.fate == Fate::Computed);
            computed.map(|it| Self {
                table: pair.desired.name.clone(),
                // What numbered it has ended by now.
                from: Column { identity: None, ..it.before.clone() },
                to: it.after.clone(),
            })
        });
        started.collect()
    }
}

impl Kind for StartGenerating {
    fn inverse(&self) -> Change {
        let Self { table, from, to } = self.clone();
        Change::StopGenerating(StopGenerating { table, from: to, to: from, backfill: None })
    }

    /// No database computes a column that is there.
    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let alter = alter_table(dialect, &self.table)?;
        let name = dialect.quote_identifier(&self.to.name).about(&self.table)?;
        let column = ddl::column(dialect, &self.table, &self.to)?;
        let mut statements =
            vec![format!("{alter} DROP COLUMN {name};"), format!("{alter} ADD COLUMN {column};")];
        statements.extend(ddl::column_comment(dialect, &self.table, &self.to)?);
        Ok(statements)
    }

    fn reason(&self) -> String {
        let generated = self.to.generated.iter().map(|it| format!(" as {it}"));
        format!("compute `{}.{}`{}", self.table, self.to.name, generated.collect::<String>())
    }

    fn risks(&self) -> Vec<Risk> {
        let (table, column) = (self.table.clone(), Some(self.to.name.clone()));
        vec![Risk::DataLoss { table, column }]
    }

    fn alters(&self) -> Option<&TableName> {
        Some(&self.table)
    }

    fn in_place(&self, dialect: &Dialect) -> bool {
        dialect.alter_column != AlterColumn::Rebuild
    }
}
