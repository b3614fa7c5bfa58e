use super::{Change, Kind};
use crate::{
    ddl::{self, About, Rendered, alter_table},
    dialect::Dialect,
    diff::Comparison,
    schema::{Check, Column, Index, Table, TableName},
};

/// A column has another name.
#[derive(Debug, Clone, PartialEq)]
pub struct RenameColumn {
    /// Its table, by its new name.
    pub table: TableName,
    /// Its name until now.
    pub from: String,
    /// Its new name.
    pub to: String,
    /// What names it in an expression, before and after, where the database does not rename it there.
    pub named_in: [Expressions; 2],
}

/// What of a table names a column in an expression.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Expressions {
    /// Checks.
    pub checks: Vec<Check>,
    /// Columns that are computed from it.
    pub columns: Vec<Column>,
    /// Indexes that have such a key.
    pub indexes: Vec<Index>,
}

impl RenameColumn {
    pub(crate) fn new(table: TableName, from: String, to: String) -> Self {
        Self { table, from, to, named_in: Default::default() }
    }

    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        comparison.renamed_columns.to_vec()
    }

    /// What differs between the table before this rename and after it.
    pub(crate) fn with_expressions(self, before: &Table, after: &Table) -> Self {
        fn differ<T: Clone + PartialEq>(
            before: &[T],
            after: &[T],
            expressions: impl Fn(&T) -> Vec<&str>,
        ) -> (Vec<T>, Vec<T>) {
            let pairs = before.iter().zip(after);
            let other = pairs.filter(|(before, after)| expressions(before) != expressions(after));
            other.map(|(before, after)| (before.clone(), after.clone())).unzip()
        }
        let checks = differ(&before.checks, &after.checks, |it| vec![&it.expression]);
        let columns = differ(&before.columns, &after.columns, |it| {
            it.generated.iter().map(|it| it.expression.as_str()).collect()
        });
        let indexes = differ(&before.indexes, &after.indexes, |it| it.expressions().collect());
        let named_in = [
            Expressions { checks: checks.0, columns: columns.0, indexes: indexes.0 },
            Expressions { checks: checks.1, columns: columns.1, indexes: indexes.1 },
        ];
        Self { named_in, ..self }
    }

    /// Whether it is more than a name to the database, which may copy the rows for it.
    pub(crate) fn is_named(&self) -> bool {
        self.named_in != [Expressions::default(), Expressions::default()]
    }
}

impl Kind for RenameColumn {
    fn inverse(&self) -> Change {
        let [before, after] = self.named_in.clone();
        Change::RenameColumn(Self {
            table: self.table.clone(),
            from: self.to.clone(),
            to: self.from.clone(),
            named_in: [after, before],
        })
    }

    /// Checks and computed columns are written anew by the statement that renames: it finds neither the former name in them
    /// nor the new one.
    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let Self { table, from, to, named_in: [before, after] } = self;
        let alter = alter_table(dialect, table)?;
        let quoted = |name: &str| dialect.quote_identifier(name).about(table);
        let mut clauses = Vec::new();
        for check in &before.checks {
            clauses.push(format!("DROP CONSTRAINT {}", quoted(&check.name)?));
        }
        clauses.push(format!("RENAME COLUMN {} TO {}", quoted(from)?, quoted(to)?));
        for column in &after.columns {
            clauses.push(format!("MODIFY COLUMN {}", ddl::column(dialect, table, column)?));
        }
        for check in &after.checks {
            clauses.push(format!("ADD {}", ddl::check(dialect, table, check)?));
        }
        let mut statements = Vec::new();
        for index in &before.indexes {
            statements.push(ddl::drop_index(dialect, table, index)?);
        }
        statements.push(match clauses.as_slice() {
            [clause] => format!("{alter} {clause};"),
            clauses => format!("{alter}\n    {};", clauses.join(",\n    ")),
        });
        for index in &after.indexes {
            statements.push(ddl::create_index(dialect, table, index)?);
        }
        Ok(statements)
    }

    fn reason(&self) -> String {
        format!("rename column `{}.{}` to `{}`", self.table, self.from, self.to)
    }

    fn brief(&self) -> String {
        format!("column `{}` → `{}`", self.from, self.to)
    }

    fn table(&self) -> Option<&TableName> {
        Some(&self.table)
    }

    fn in_place(&self, dialect: &Dialect) -> bool {
        dialect.rename
    }
}
