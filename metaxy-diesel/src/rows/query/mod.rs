//! From a [`Plan`] to one query for each set of an increment.

mod expected;
mod parts;
#[cfg(all(test, feature = "postgres"))]
mod tests;

use super::{
    finish::{Finish, Groups},
    plan::{Expected, Joined, Plan, RecipePart},
};
use crate::{backend::statement::Statement, dialect::Dialect, schema::TableName};
use parts::{write_columns, write_equal};
use std::collections::BTreeSet;

pub(super) use parts::{
    names, value_name, write_columns_of_source, write_latest, write_source, written_names,
};

/// The queries of an increment; `None`: the set is empty.
#[derive(Debug)]
pub(super) struct Queries {
    pub(super) new: SetQuery,
    pub(super) stale: Option<SetQuery>,
    pub(super) orphaned: Option<SetQuery>,
}

/// How a set is read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SetQuery {
    /// What has to be hashed before the query, where the database lacks the hash.
    pub(super) groups: Vec<Groups>,
    pub(super) query: Statement,
    /// What has to be done with its rows, where the database lacks the hash.
    pub(super) finish: Option<Finish>,
}

/// What the present row of a sample was made from, next to what it should be.
pub(super) const CURRENT: &str = "metaxy__current";
/// Whether the present row is stale whatever it was made from.
pub(super) const STALE: &str = "metaxy__stale";

impl Plan {
    /// The queries. `groups`: what names of temporary tables begin with.
    pub(super) fn queries(&self, dialect: &Dialect, groups: &TableName) -> Queries {
        let writer = Writer { plan: self, dialect, groups, hash: None, versions: true };
        let writer = match &self.expected {
            Expected::Joined(joined) => {
                Writer { hash: (dialect.rows.hash)(joined.hashing.algorithm), ..writer }
            }
            Expected::Samples(..) => writer,
        };
        Queries {
            new: writer.set(writer.added(), false),
            stale: (!self.skip_comparison).then(|| writer.set(writer.stale(), true)),
            orphaned: (!self.skip_comparison).then(|| {
                let query = Writer { versions: false, ..writer }.orphaned();
                SetQuery { groups: Vec::new(), query, finish: None }
            }),
        }
    }
}

struct Writer<'a> {
    plan: &'a Plan,
    dialect: &'a Dialect,
    groups: &'a TableName,
    /// What encloses a text to hash it; `None`: the database cannot.
    hash: Option<[&'static str; 2]>,
    /// Whether versions are asked for, and with them the columns upstream; else those of the present rows.
    versions: bool,
}

impl Writer<'_> {
    /// A query with what has to be done before and after it.
    fn set(&self, query: Statement, stale: bool) -> SetQuery {
        match &self.plan.expected {
            Expected::Joined(joined) if self.hash.is_none() => SetQuery {
                groups: self.groups(joined),
                query,
                finish: Some(Finish::new(joined, stale)),
            },
            _ => SetQuery { groups: Vec::new(), query, finish: None },
        }
    }

    fn added(&self) -> Statement {
        let mut out = Statement::new("WITH ");
        self.expected(&mut out);
        if !self.plan.skip_comparison {
            self.current(out.sql(", "));
        }
        let picked = |out: &mut Statement| {
            out.sql("SELECT e.* FROM expected AS e");
            if !self.plan.skip_comparison {
                out.sql(" WHERE NOT EXISTS (SELECT 1 FROM present AS c WHERE ");
                self.same_sample(out).sql(")");
            }
        };
        self.versioned(&mut out, picked, false);
        out
    }

    fn stale(&self) -> Statement {
        let mut out = Statement::new("WITH ");
        self.expected(&mut out);
        self.current(out.sql(", "));
        let picked = |out: &mut Statement| {
            out.sql("SELECT e.*, c.").identifier("metaxy_provenance").sql(" AS ").sql(CURRENT);
            out.sql(", c.").sql(STALE).sql(" FROM expected AS e JOIN present AS c ON ");
            self.same_sample(out);
        };
        self.versioned(&mut out, picked, true);
        out
    }

    fn orphaned(&self) -> Statement {
        let mut out = Statement::new("WITH ");
        self.expected(&mut out);
        self.current(out.sql(", "));
        out.sql(" SELECT ");
        write_columns("c", names(&self.plan.current), &mut out);
        out.sql(" FROM present AS c WHERE NOT EXISTS (SELECT 1 FROM expected AS e WHERE ");
        self.same_sample(&mut out).sql(")");
        out
    }

    /// What begins and ends a common table expression so that its columns are computed once a row: where rows are on several
    /// nodes, rather on each of them than all in one place.
    fn once(&self) -> [&'static str; 2] {
        if self.is_distributed() { [self.within(), ""] } else { self.dialect.rows.once }
    }

    /// What says of one that is needed more than once that it is computed where the rows are.
    fn within(&self) -> &'static str {
        if self.is_distributed() { " NOT MATERIALIZED" } else { "" }
    }

    fn is_distributed(&self) -> bool {
        self.plan.current.table.distributed_by.is_some()
    }

    fn same_sample<'o>(&self, out: &'o mut Statement) -> &'o mut Statement {
        write_equal("e", "c", &self.plan.on, out)
    }

    /// Writes the rows that are there, one for each expected one, as `present`.
    fn current(&self, out: &mut Statement) {
        let Plan { current, on, .. } = self.plan;
        let filtered: BTreeSet<&str> =
            self.plan.stale_where.iter().flat_map(super::Filter::columns).collect();
        let is_needed = |column: &str| {
            !self.versions
                || column == "metaxy_provenance"
                || filtered.contains(column)
                || on.iter().chain(&current.id_columns).any(|it| it == column)
        };
        let needed = || names(current).filter(|it| is_needed(it));
        out.sql("present AS (SELECT ");
        write_columns("active", needed(), out);
        out.sql(", (");
        match self.plan.stale_where.as_slice() {
            [] => _ = out.sql("1 = 0"),
            filters => {
                let add = |out: &mut Statement, filter: &super::Filter| {
                    filter.render(current, self.dialect, out);
                };
                out.list(" OR ", filters, add);
            }
        }
        out.sql(") AS ").sql(STALE).sql(" FROM (");
        if !self.plan.collapse {
            write_columns_of_source(current, is_needed, self.dialect, out);
            out.sql(") AS active)");
            return;
        }
        // Any of the rows that were made from one will do, but on every run the same.
        out.sql("SELECT ");
        write_columns("children", needed(), out);
        out.sql(", row_number() OVER (PARTITION BY ");
        out.list(", ", on, |out, it| _ = out.identifier(it)).sql(" ORDER BY CASE WHEN ");
        out.identifier("metaxy_provenance").sql(" IS NULL THEN 1 ELSE 0 END");
        for column in current.id_columns.iter().filter(|it| !on.contains(it)) {
            out.sql(", ").identifier(column);
        }
        out.sql(") AS metaxy__child FROM (");
        write_columns_of_source(current, is_needed, self.dialect, out);
        out.sql(") AS children) AS active WHERE metaxy__child = 1)");
    }

    /// Writes the end of a query: the rows that were picked, with the versions that they should have. Of `stale` ones only
    /// those that differ from what is there.
    fn versioned(&self, out: &mut Statement, picked: impl Fn(&mut Statement), stale: bool) {
        let plan = self.plan;
        match &plan.expected {
            Expected::Samples(_, columns) => {
                out.sql(" SELECT ");
                write_columns("picked", columns.iter().map(String::as_str), out);
                out.sql(" FROM (");
                picked(out);
                out.sql(") AS picked");
            }
            Expected::Joined(joined) if self.hash.is_none() => {
                // What versions are made of: `Finish` makes them.
                out.sql(" SELECT ");
                let outputs = joined.outputs.iter().map(|(_, it)| it.as_str());
                write_columns("picked", plan.on.iter().map(String::as_str).chain(outputs), out);
                (0..joined.values.len()).for_each(|at| _ = out.sql(", ").sql(&value_name(at)));
                if stale {
                    out.sql(", ").sql(CURRENT).sql(", ").sql(STALE);
                }
                out.sql(" FROM (");
                picked(out);
                out.sql(") AS picked");
                return;
            }
            Expected::Joined(joined) => {
                self.hashed(joined, picked, stale, out);
                out.sql(" SELECT ");
                let outputs = joined.outputs.iter().map(|(_, it)| it.as_str());
                write_columns("versioned", plan.on.iter().map(String::as_str).chain(outputs), out);
                for (column, from) in [
                    ("metaxy_provenance_by_field", "metaxy_provenance_by_field"),
                    ("metaxy_provenance", "metaxy_provenance"),
                    ("metaxy_data_version_by_field", "metaxy_provenance_by_field"),
                    ("metaxy_data_version", "metaxy_provenance"),
                ] {
                    out.sql(", ").identifier(from).sql(" AS ").identifier(column);
                }
                out.sql(" FROM versioned");
                return;
            }
        }
        if stale {
            write_is_stale(out);
        }
    }

    /// Writes the versions of fields as `hashed`, those of samples as `made`, and the rows that are left as `versioned`, with maps
    /// of the versions of fields: each is computed once, and maps only of rows that are left.
    fn hashed(
        &self,
        joined: &Joined,
        picked: impl Fn(&mut Statement),
        stale: bool,
        out: &mut Statement,
    ) {
        let outputs = joined.outputs.iter().map(|(_, it)| it.as_str());
        let mut kept: Vec<&str> = self.plan.on.iter().map(String::as_str).chain(outputs).collect();
        if stale {
            kept.extend([CURRENT, STALE]);
        }
        let rows = &self.dialect.rows;
        let [once, end] = self.once();
        out.sql(", hashed AS").sql(once).sql(" (SELECT ");
        write_columns("picked", kept.iter().copied(), out);
        for (at, field) in joined.fields.iter().enumerate() {
            let mut text = Statement::default();
            self.dialect.write_concat(pieces(&field.parts), &mut text);
            self.hash(joined, &text, out.sql(", "));
            out.sql(&format!(" AS metaxy__h{at}"));
        }
        out.sql(" FROM (");
        picked(out);
        out.sql(") AS picked").sql(end).sql("), made AS").sql(once).sql(" (SELECT hashed.*, ");
        let hashes = || {
            (0..joined.fields.len()).map(|at| {
                let mut hash = Statement::default();
                hash.sql(&format!("metaxy__h{at}"));
                hash
            })
        };
        let mut text = Statement::default();
        let bar = || Statement::new("'|'");
        let all = hashes().enumerate();
        let all = all.flat_map(|(at, it)| (at > 0).then(bar).into_iter().chain([it]));
        self.dialect.write_concat(all.collect(), &mut text);
        self.hash(joined, &text, out);
        out.sql(" AS ").identifier("metaxy_provenance").sql(" FROM hashed").sql(end);
        out.sql("), versioned AS").sql(once).sql(" (SELECT made.*, ");
        let keys = joined.fields.iter().map(|it| it.struct_key.as_str());
        let fields: Vec<_> = keys.zip(hashes()).collect();
        (rows.field_versions)(out, &fields);
        out.sql(" AS ").identifier("metaxy_provenance_by_field").sql(" FROM made");
        if stale {
            write_is_stale(out);
        }
        out.sql(end).sql(")");
    }

    fn hash(&self, joined: &Joined, text: &Statement, out: &mut Statement) {
        let [open, close] = self.hash.unwrap_or_default();
        out.sql("substr(").sql(open).append(text).sql(close);
        out.sql(&format!(", 1, {})", joined.hashing.length));
    }
}

/// Writes that a row differs from what is there.
fn write_is_stale(out: &mut Statement) {
    out.sql(" WHERE ").sql(CURRENT).sql(" IS NULL OR ").sql(CURRENT).sql(" <> ");
    out.identifier("metaxy_provenance").sql(" OR ").sql(STALE);
}

/// What a version is the hash of: upstream versions, and texts between them, each as long as can be.
fn pieces(parts: &[RecipePart]) -> Vec<Statement> {
    let (mut pieces, mut text) = (Vec::new(), String::new());
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            text.push('|');
        }
        let value = match part {
            RecipePart::Text(part) => {
                text.push_str(part);
                continue;
            }
            RecipePart::Value { at, optional: false } => value_name(*at),
            RecipePart::Value { at, optional: true } => {
                format!("coalesce({}, '')", value_name(*at))
            }
        };
        if !text.is_empty() {
            let mut before = Statement::default();
            before.text(&std::mem::take(&mut text));
            pieces.push(before);
        }
        pieces.push(Statement::new(&value));
    }
    if !text.is_empty() {
        let mut rest = Statement::default();
        rest.text(&text);
        pieces.push(rest);
    }
    pieces
}
