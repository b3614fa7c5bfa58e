use super::{AlterColumn, Change, Kind};
use crate::{
    columns::{Comments, Fate},
    ddl::{self, Rendered, alter_table},
    dialect::Dialect,
    diff::Comparison,
    schema::{Column, TableName},
};

/// A table or column has another comment, or none any more.
#[derive(Debug, Clone, PartialEq)]
pub struct SetComment {
    /// The table.
    pub table: TableName,
    /// The column as it is, but for its comment; `None`: the comment is the table's.
    pub column: Option<Column>,
    /// The comment as it was.
    pub from: Option<String>,
    /// The comment as it should be.
    pub to: Option<String>,
}

impl SetComment {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let dialect = comparison.dialect;
        let mut changes = Vec::new();
        for pair in &comparison.kept {
            let table = &pair.desired.name;
            let (from, to) = (&pair.current.comment, &pair.desired.comment);
            let of_table = Self { table: table.clone(), column: None, from: from.clone(), to: to.clone() };
            changes.push(of_table);
            // What is made anew has its comment, and a new definition says it.
            let inline = dialect.columns.comments != Comments::Statements;
            let kept = pair.kept_columns.iter().filter(|it| it.fate == Fate::Altered);
            let kept = kept.filter(|it| !(inline && AlterColumn::of(comparison, pair, it).is_some()));
            changes.extend(kept.map(|it| Self {
                table: table.clone(),
                column: Some(Column { comment: None, ..it.after.clone() }),
                from: it.before.comment.clone(),
                to: it.after.comment.clone(),
            }));
        }
        changes.retain(|it| it.from != it.to);
        changes
    }
}

impl Kind for SetComment {
    fn inverse(&self) -> Change {
        let Self { table, column, from, to } = self.clone();
        Change::SetComment(Self { table, column, from: to, to: from })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let (table, text) = (&self.table, self.to.as_deref());
        if dialect.columns.comments == Comments::Statements {
            let column = self.column.as_ref().map(|it| it.name.as_str());
            return Ok(ddl::comment_on(dialect, table, column, text)?.into_iter().collect());
        }
        let alter = alter_table(dialect, table)?;
        Ok(vec![match &self.column {
            None => {
                let comment = ddl::inline_comment(dialect, table, false, Some(text.unwrap_or_default()))?;
                format!("{alter}{comment};")
            }
            Some(column) => {
                let column = Column { comment: self.to.clone(), ..column.clone() };
                let definition = ddl::column(dialect, table, &column)?;
                format!("{alter} MODIFY COLUMN {definition};")
            }
        }])
    }

    fn reason(&self) -> String {
        let object = match &self.column {
            None => self.table.to_string(),
            Some(column) => format!("{}.{}", self.table, column.name),
        };
        let words = |comment: &Option<String>| match comment {
            Some(text) => format!("{text:?}"),
            None => "none".to_owned(),
        };
        format!("change the comment of `{object}` from {} to {}", words(&self.from), words(&self.to))
    }

    fn alters(&self) -> Option<&TableName> {
        Some(&self.table)
    }
}
