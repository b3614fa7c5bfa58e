//! The rows that should be there: dependencies filtered, renamed, grouped and joined, or samples that were given.

use super::{
    Writer,
    parts::{Conditions, value_name, write_columns, write_columns_of_source, write_equal},
};
use crate::{
    backend::statement::Statement,
    rows::{
        Filter,
        dialect::is_text,
        finish::Groups,
        plan::{Expected, Input, Joined, Plan, UpstreamValue},
    },
    schema::{Column, SqlType, TableName},
};

/// The column of upstream versions.
const VERSIONS: &str = "metaxy_data_version_by_field";

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
            out.sql(", keys_of_all AS").sql(self.within()).sql(" (");
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
        for (input, column) in joined.outputs.iter().filter(|_| self.versions) {
            out.sql(&format!(", i{input}.")).identifier(column);
        }
        for (at, value) in self.values(joined) {
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

    /// The columns that are needed of a dependency, by their names there and here: what is joined, grouped and ordered by, and
    /// where versions are asked for, what the resolved rows have of it.
    fn needed<'j>(&self, joined: &'j Joined, at: usize) -> Vec<(&'j str, &'j str)> {
        let input = &joined.inputs[at];
        let order = self.order_of(input);
        let is_needed = |here: &str| {
            self.plan.on.iter().chain(input.group.iter().flatten()).any(|it| it == here)
                || order.iter().any(|(it, _)| *it == here)
                || (self.versions && joined.outputs.iter().any(|it| it.0 == at && it.1 == here))
        };
        let columns = input.columns.iter().map(|(there, here)| (there.as_str(), here.as_str()));
        columns.filter(|(_, here)| is_needed(here)).collect()
    }

    /// The versions that are needed, each with its number.
    fn values<'j>(&self, joined: &'j Joined) -> impl Iterator<Item = (usize, &'j UpstreamValue)> {
        joined.values.iter().enumerate().filter(|_| self.versions)
    }

    /// The numbers of the versions that are needed of a dependency.
    fn values_of(&self, joined: &Joined, at: usize) -> Vec<usize> {
        let values = self.values(joined).filter(|(_, it)| it.input == at);
        values.map(|(number, _)| number).collect()
    }

    /// Writes the rows of a dependency as `input_N`: renamed, filtered, with the versions that are needed of them.
    fn input(&self, joined: &Joined, at: usize, out: &mut Statement) {
        let input = &joined.inputs[at];
        let values = self.values_of(joined, at);
        let Some(group) = input.group.as_ref().filter(|_| !values.is_empty()) else {
            self.rows(joined, at, "input", out);
            return;
        };
        // Versions are made of all rows of a group, and every row of it has them.
        self.rows(joined, at, "rows", out);
        out.sql(&format!(", groups_{at} AS ("));
        match self.hash {
            Some(_) => self.group(joined, at, group, out),
            None => _ = out.sql("SELECT * FROM ").table(&self.groups_table(at)),
        }
        out.sql(&format!("), input_{at} AS{} (SELECT ", self.within()));
        write_columns("r", self.needed(joined, at).into_iter().map(|(_, here)| here), out);
        for number in values {
            out.sql(", g.").sql(&value_name(number));
        }
        out.sql(&format!(" FROM rows_{at} AS r JOIN groups_{at} AS g ON "));
        write_equal("r", "g", group, out).sql(")");
    }

    /// Writes the rows of a dependency, each with its own versions.
    fn rows(&self, joined: &Joined, at: usize, name: &str, out: &mut Statement) {
        let input = &joined.inputs[at];
        let mut map = Statement::default();
        map.identifier(VERSIONS);
        let needed = self.needed(joined, at);
        let values = self.values_of(joined, at);
        let filtered: Vec<&str> = input.filters.iter().flat_map(Filter::columns).collect();
        let is_needed = |column: &str| {
            needed.iter().any(|(there, _)| *there == column)
                || filtered.iter().any(|it| input.there(it) == Some(column))
                || (column == VERSIONS && !values.is_empty())
        };
        out.sql(&format!("{name}_{at} AS{} (SELECT ", self.within()));
        out.list(", ", &needed, |out, (there, here)| {
            out.identifier(there).sql(" AS ").identifier(here);
        });
        for &number in &values {
            let field = &joined.values[number].field;
            (self.dialect.rows.field_version)(out.sql(", "), &map, field);
            out.sql(" AS ").sql(&value_name(number));
        }
        out.sql(" FROM (");
        write_columns_of_source(&input.source, is_needed, self.dialect, out);
        out.sql(") AS latest");
        let mut conditions = Conditions::default();
        for filter in &input.filters {
            filter.render(input, self.dialect, conditions.add(out));
        }
        out.sql(")");
    }

    /// Writes the versions of the groups of a dependency's rows; where the database lacks the hash, what they are the hash of.
    fn group(&self, joined: &Joined, at: usize, group: &[String], out: &mut Statement) {
        let mut order = Statement::default();
        order.list(", ", self.order_of(&joined.inputs[at]), |order, (column, is_text)| {
            order.identifier(column);
            if is_text {
                order.sql(self.dialect.rows.order_by_bytes);
            }
        });
        out.sql("SELECT ");
        out.list(", ", group, |out, it| _ = out.identifier(it));
        for number in self.values_of(joined, at) {
            let (mut text, mut all) = (Statement::default(), Statement::default());
            text.sql(&value_name(number));
            (self.dialect.rows.join_rows)(&mut all, &text, &order);
            match self.hash {
                Some(_) => self.hash(joined, &all, out.sql(", ")),
                None => _ = out.sql(", ").append(&all),
            }
            out.sql(" AS ").sql(&value_name(number));
        }
        out.sql(&format!(" FROM rows_{at} GROUP BY "));
        out.list(", ", group, |out, it| _ = out.identifier(it));
    }

    /// What has to be hashed before the query, since the database cannot.
    pub(super) fn groups(&self, joined: &Joined) -> Vec<Groups> {
        let inputs = joined.inputs.iter().enumerate();
        let groups = inputs.filter_map(|(at, input)| {
            let group = input.group.as_ref()?;
            let values = self.values_of(joined, at);
            let mut query = Statement::new("WITH ");
            self.rows(joined, at, "rows", &mut query);
            self.group(joined, at, group, query.sql(" "));
            // What NULLs of these are bound as is of no matter: there are none.
            let column = |name: &String| Column::new(name, SqlType::Text);
            Some(Groups {
                table: self.groups_table(at),
                query,
                columns: group.iter().map(column).collect(),
                values: values.iter().map(|it| value_name(*it)).collect(),
                hashing: joined.hashing,
            })
            .filter(|it| !it.values.is_empty())
        });
        groups.collect()
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

    /// The temporary table of the versions of a dependency's groups.
    fn groups_table(&self, at: usize) -> TableName {
        TableName::new(format!("{}_{at}", self.groups.name))
    }
}
