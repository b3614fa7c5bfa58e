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
    /// The value, as SQL, of rows for which NULL was computed, where that is no longer allowed.
    pub backfill: Option<String>,
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
                backfill: None,
            })
        });
        stopped.collect()
    }

    /// Whether NULLs are no longer allowed.
    pub(crate) fn forbids_null(&self) -> bool {
        self.from.nullable && !self.to.nullable
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
        statements.extend(self.render_from(&nullable, dialect)?);
        Ok(statements)
    }

    /// What else the column becomes once it holds its values, as this one.
    fn render_from(&self, column: &Column, dialect: &Dialect) -> Rendered<Vec<String>> {
        let alter = |from: &Column, to: &Column| match same_but_for_comment(from, to) {
            true => Ok(None),
            false => ddl::alter_column(dialect, &self.table, from, to).map(Some),
        };
        let Some(value) = &self.backfill else {
            return Ok(alter(column, &self.to)?.into_iter().collect());
        };
        let table = dialect.quote_table(&self.table).about(&self.table)?;
        let name = dialect.quote_identifier(&self.to.name).about(&self.table)?;
        // The value is of the new type.
        let nullable = Column { nullable: true, ..self.to.clone() };
        let fill = format!("UPDATE {table} SET {name} = ({value}) WHERE {name} IS NULL;");
        let statements =
            [alter(column, &nullable)?, Some(fill), alter(&nullable, &self.to)?];
        Ok(statements.into_iter().flatten().collect())
    }
}

impl Kind for StopGenerating {
    fn inverse(&self) -> Change {
        let Self { table, from, to, .. } = self.clone();
        Change::StartGenerating(StartGenerating { table, from: to, to: from })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        if dialect.alter_column == AlterColumn::Definition {
            return match &self.from.generated {
                Some(Generated { expression, storage: Storage::Virtual }) => {
                    self.render_computed(expression, dialect)
                }
                _ => self.render_from(&self.from, dialect),
            };
        }
        let alter = alter_table(dialect, &self.table)?;
        let name = dialect.quote_identifier(&self.to.name).about(&self.table)?;
        let mut statements = vec![format!("{alter} ALTER COLUMN {name} DROP EXPRESSION;")];
        let plain = Column { generated: None, ..self.from.clone() };
        statements.extend(self.render_from(&plain, dialect)?);
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
        match self.forbids_null() && self.backfill.is_none() {
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
