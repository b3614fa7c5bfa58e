//! The rows that should be there: dependencies filtered, renamed, grouped and joined, or samples that were given.

use super::{
    Writer,
    parts::{Conditions, value_name, write_columns, write_equal, write_source},
};
use crate::{
    backend::statement::Statement,
    rows::{
        dialect::is_text,
        plan::{Expected, Input, Joined, Plan},
    },
};

impl Writer<'_> {
    /// Writes the rows that should be there as `expected`, before what they need.
    pub(super) fn expected(&self, out: &mut Statement) {
        let joined = match &self.plan.expected {
            Expected::Joined(joined) => joined,
            Expected::Samples(table, columns) => {
                out.sql("expected AS (SELECT ");
                write_columns("samples", columns.iter().map(String::as_str), out);
                out.sql(" FROM ").table(table).sql(" AS samples");
                let mut conditions = Conditions::default();
                let Plan { current, .. } = self.plan;
                for filter in &current.filters {
                    filter.render(current, self.dialect, conditions.add(out));
                }
                out.sql(")");
                return;
            }
        };
        for at in 0..joined.inputs.len() {
            if at > 0 {
                out.sql(", ");
            }
            self.input(joined, at, out);
        }
        let on = &self.plan.on;
        let inputs = &joined.inputs;
        let outer = inputs.len() > 1 && inputs.iter().all(|it| it.optional);
        if outer {
            // A full outer join, which not every database has: all keys, then what each dependency has for them.
            out.sql(", keys_of_all AS (");
            out.list(" UNION ", 0..inputs.len(), |out, at| {
                out.sql("SELECT ");
                out.list(", ", on, |out, it| _ = out.identifier(it));
                out.sql(&format!(" FROM input_{at}"));
            });
            out.sql(")");
        }
        let first = if outer { "k" } else { "i0" };
        out.sql(", expected AS (SELECT ");
        write_columns(first, on.iter().map(String::as_str), out);
        for (input, column) in &joined.outputs {
            out.sql(&format!(", i{input}.")).identifier(column);
        }
        for (at, value) in joined.values.iter().enumerate() {
            out.sql(&format!(", i{}.{}", value.input, value_name(at)));
        }
        out.sql(" FROM ").sql(if outer { "keys_of_all AS k" } else { "input_0 AS i0" });
        for (at, input) in inputs.iter().enumerate().skip(usize::from(!outer)) {
            let join = if input.optional { "LEFT JOIN" } else { "JOIN" };
            out.sql(&format!(" {join} input_{at} AS i{at} ON "));
            write_equal(first, &format!("i{at}"), on, out);
        }
        out.sql(")");
    }

    /// Writes the rows of a dependency as `input_N`: renamed, filtered, with the versions that are needed of them.
    fn input(&self, joined: &Joined, at: usize, out: &mut Statement) {
        let input = &joined.inputs[at];
        let values = || joined.values.iter().enumerate().filter(|(_, it)| it.input == at);
        let mut map = Statement::default();
        map.identifier("metaxy_data_version_by_field");
        let group = input.group.as_ref().filter(|_| values().next().is_some());
        let name = if group.is_some() { "rows" } else { "input" };
        out.sql(&format!("{name}_{at} AS (SELECT "));
        out.list(", ", &input.columns, |out, (there, here)| {
            out.identifier(there).sql(" AS ").identifier(here);
        });
        for (number, value) in values() {
            (self.dialect.rows.field_version)(out.sql(", "), &map, &value.field);
            out.sql(" AS ").sql(&value_name(number));
        }
        out.sql(" FROM (");
        write_source(&input.source, self.dialect, out);
        out.sql(") AS latest");
        let mut conditions = Conditions::default();
        for filter in &input.filters {
            filter.render(input, self.dialect, conditions.add(out));
        }
        out.sql(")");
        let Some(group) = group else { return };
        // Versions are made of all rows of a group, and every row of it has them.
        let mut order = Statement::default();
        order.list(", ", self.order_of(input), |order, (column, is_text)| {
            order.identifier(column);
            if is_text {
                order.sql(self.dialect.rows.order_by_bytes);
            }
        });
        out.sql(&format!(", groups_{at} AS (SELECT "));
        out.list(", ", group, |out, it| _ = out.identifier(it));
        for (number, _) in values() {
            let (mut text, mut all) = (Statement::default(), Statement::default());
            text.sql(&value_name(number));
            (self.dialect.rows.join_rows)(&mut all, &text, &order);
            self.hash(joined, &all, out.sql(", "));
            out.sql(" AS ").sql(&value_name(number));
        }
        out.sql(&format!(" FROM rows_{at} GROUP BY "));
        out.list(", ", group, |out, it| _ = out.identifier(it));
        out.sql(&format!("), input_{at} AS (SELECT "));
        write_columns("r", input.columns.iter().map(|(_, here)| here.as_str()), out);
        for (number, _) in values() {
            out.sql(", g.").sql(&value_name(number));
        }
        out.sql(&format!(" FROM rows_{at} AS r JOIN groups_{at} AS g ON "));
        write_equal("r", "g", group, out).sql(")");
    }

    /// The columns that rows of a group are ordered by, and whether they are texts.
    fn order_of<'i>(&self, input: &'i Input) -> Vec<(&'i str, bool)> {
        let ids = &input.source.id_columns;
        let order = ids.iter().filter_map(|id| {
            let (_, here) = input.columns.iter().find(|(there, _)| there == id)?;
            let column = input.source.find(id)?;
            Some((here.as_str(), is_text(&column.sql_type)))
        });
        order.collect()
    }
}
