//! From a [`Filter`] to SQL: names quoted, values bound.

use super::{Condition, Filter, Literal, Operand};
use crate::{backend::statement::Statement, dialect::Dialect, rows::Value, schema::SqlType};

/// The columns that a filter may name.
pub(in crate::rows) trait Columns {
    /// Writes a column, and says its type; `None` where there is no such column.
    fn write(&self, name: &str, out: &mut Statement) -> Option<&SqlType>;
}

impl Filter {
    /// Writes the condition in parentheses. The columns have been checked to be there.
    pub(in crate::rows) fn render(
        &self,
        columns: &impl Columns,
        dialect: &Dialect,
        out: &mut Statement,
    ) {
        Renderer { columns, dialect }.condition(&self.condition, out);
    }
}

struct Renderer<'a, C> {
    columns: &'a C,
    dialect: &'a Dialect,
}

impl<C: Columns> Renderer<'_, C> {
    fn condition(&self, condition: &Condition, out: &mut Statement) {
        out.sql("(");
        match condition {
            Condition::And(all) => _ = out.list(" AND ", all, |out, it| self.condition(it, out)),
            Condition::Or(all) => _ = out.list(" OR ", all, |out, it| self.condition(it, out)),
            Condition::Not(condition) => self.condition(condition, out.sql("NOT ")),
            Condition::Compare(left, comparison, right) => {
                let types = [left, right].map(|it| self.type_of(it));
                self.operand(left, types[1], out);
                out.sql(" ").sql(comparison.symbol()).sql(" ");
                self.operand(right, types[0], out);
            }
            Condition::IsNull(column) => {
                self.columns.write(column, out);
                out.sql(" IS NULL");
            }
            Condition::In(_, values) if values.is_empty() => _ = out.sql("1 = 0"),
            Condition::In(column, values) => {
                let sql_type = self.columns.write(column, out);
                out.sql(" IN (");
                out.list(", ", values, |out, it| self.literal(it, sql_type, out)).sql(")");
            }
            Condition::Column(column) => _ = self.columns.write(column, out),
            Condition::Constant(value) => _ = out.sql(constant(*value)),
        }
        out.sql(")");
    }

    fn type_of(&self, operand: &Operand) -> Option<&SqlType> {
        match operand {
            Operand::Column(name) => self.columns.write(name, &mut Statement::default()),
            Operand::Literal(_) => None,
        }
    }

    /// Writes an operand; a literal as the type of what it is compared with.
    fn operand(&self, operand: &Operand, other: Option<&SqlType>, out: &mut Statement) {
        match operand {
            Operand::Column(name) => _ = self.columns.write(name, out),
            Operand::Literal(literal) => self.literal(literal, other, out),
        }
    }

    fn literal(&self, literal: &Literal, sql_type: Option<&SqlType>, out: &mut Statement) {
        let value = match literal {
            Literal::Null => Value::Null,
            Literal::Bool(value) => Value::Bool(*value),
            Literal::Int(value) => Value::Int(*value),
            Literal::Float(value) => Value::Float(*value),
            Literal::Text(value) => Value::Text(value.clone()),
        };
        self.dialect.write_value(value, sql_type, out);
    }
}

/// A truth value that every database takes for a condition.
fn constant(value: Option<bool>) -> &'static str {
    match value {
        Some(true) => "1 = 1",
        Some(false) => "1 = 0",
        None => "1 = NULL",
    }
}
