use super::{Change, Kind, Risk, StartGenerating};
use crate::{
    columns::{Fate, same_but_for_comment},
    ddl::{self, About, Rendered, alter_table},
    dialect::{AlterColumn, Dialect},
    diff::Comparison,
    schema::{Column, Generated, Storage, TableName},
};

/// A computed column keeps the values that it has, and is computed no more.
#[derive(Debug, Clone, PartialEq)]
pub struct StopGenerating {
    /// Its table.
    pub table: TableName,
    /// The column as it was.
    pub from: Column,
    /// The column as it should be, of the same name.
    pub to: Column,
}

impl StopGenerating {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let stopped = comparison.kept.iter().flat_map(|pair| {
            let freed = pair.kept_columns.iter().filter(|it| it.fate == Fate::Freed);
            freed.map(|it| Self {
                table: pair.desired.name.clone(),
                from: it.before.clone(),
                // What numbers it begins later.
                to: Column { identity: None, ..it.after.clone() },
            })
        });
        stopped.collect()
    }

    /// The values of a virtual column are nowhere: they are computed once more.
    fn render_computed(&self, expression: &str, dialect: &Dialect) -> Rendered<Vec<String>> {
        let alter = alter_table(dialect, &self.table)?;
        let table = dialect.quote_table(&self.table).about(&self.table)?;
        let name = dialect.quote_identifier(&self.to.name).about(&self.table)?;
        let nullable = Column { nullable: true, ..self.to.clone() };
        let column = ddl::column(dialect, &self.table, &nullable)?;
        let mut statements = vec![
            format!("{alter} DROP COLUMN {name};"),
            format!("{alter} ADD COLUMN {column};"),
            format!("UPDATE {table} SET {name} = ({expression});"),
        ];
        if nullable != self.to {
            statements.push(ddl::alter_column(dialect, &self.table, &nullable, &self.to)?);
        }
        Ok(statements)
    }
}

impl Kind for StopGenerating {
    fn inverse(&self) -> Change {
        let Self { table, from, to } = self.clone();
        Change::StartGenerating(StartGenerating { table, from: to, to: from })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        if dialect.alter_column == AlterColumn::Definition {
            return match &self.from.generated {
                Some(Generated { expression, storage: Storage::Virtual }) => {
                    self.render_computed(expression, dialect)
                }
                _ => Ok(vec![ddl::alter_column(dialect, &self.table, &self.from, &self.to)?]),
            };
        }
        let alter = alter_table(dialect, &self.table)?;
        let name = dialect.quote_identifier(&self.to.name).about(&self.table)?;
        let mut statements = vec![format!("{alter} ALTER COLUMN {name} DROP EXPRESSION;")];
        let plain = Column { generated: None, ..self.from.clone() };
        if !same_but_for_comment(&plain, &self.to) {
            statements.push(ddl::alter_column(dialect, &self.table, &plain, &self.to)?);
        }
        if self.from.comment != self.to.comment {
            let text = self.to.comment.as_deref();
            statements.extend(ddl::comment_on(dialect, &self.table, Some(&self.to.name), text)?);
        }
        Ok(statements)
    }

    fn reason(&self) -> String {
        format!("keep the values of `{}.{}`, and compute it no more", self.table, self.to.name)
    }

    fn risks(&self) -> Vec<Risk> {
        let (table, column) = (self.table.clone(), self.to.name.clone());
        match self.from.nullable && !self.to.nullable {
            true => vec![Risk::NeedsNoNulls { table, column }],
            false => Vec::new(),
        }
    }

    fn alters(&self) -> Option<&TableName> {
        Some(&self.table)
    }

    fn in_place(&self, dialect: &Dialect) -> bool {
        dialect.alter_column != AlterColumn::Rebuild
    }
}
