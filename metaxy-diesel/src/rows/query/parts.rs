//! What all queries are made of.

use crate::{
    backend::statement::Statement,
    dialect::Dialect,
    rows::{Filter, source::Source},
};
use std::{collections::BTreeSet, iter};

/// Writes the rows that a source means, all columns of them.
pub(in crate::rows) fn write_source(source: &Source, dialect: &Dialect, out: &mut Statement) {
    write_columns_of_source(source, |_| true, dialect, out);
}

/// Writes the rows that a source means, those columns of them that are needed.
pub(in crate::rows) fn write_columns_of_source(
    source: &Source,
    is_needed: impl Fn(&str) -> bool,
    dialect: &Dialect,
    out: &mut Statement,
) {
    let filtered: BTreeSet<&str> = source.filters.iter().flat_map(Filter::columns).collect();
    let within = |it: &&str| {
        is_needed(it) || filtered.contains(*it) || (source.active && *it == "metaxy_deleted_at")
    };
    let ids = || source.id_columns.iter().map(String::as_str);
    // Where rows are on several nodes, each numbers those that it has.
    let first = source.latest && dialect.rows.distinct_on && source.table.distributed_by.is_none();
    let ranked = source.latest && !first;
    if source.latest {
        out.sql("SELECT ");
        write_columns("ranked", names(source).filter(|it| is_needed(it)), out);
        out.sql(" FROM (");
    }
    out.sql("SELECT ");
    if first {
        out.sql("DISTINCT ON (");
        out.list(", ", ids(), |out, it| _ = out.identifier("rows").sql(".").identifier(it));
        out.sql(") ");
    }
    write_columns("rows", names(source).filter(within), out);
    if ranked {
        write_latest(ids(), out.sql(", "));
        out.sql(" AS metaxy__rank");
    }
    out.sql(" FROM ").table(&source.table.name).sql(" AS ").identifier("rows");
    let mut conditions = Conditions::default();
    if let Some(version) = &source.version {
        conditions.add(out).identifier("metaxy_feature_version").sql(" = ").text(version);
    }
    if first {
        out.sql(" ORDER BY ");
        out.list(", ", ids(), |out, it| _ = out.identifier("rows").sql(".").identifier(it));
        write_latest_first(out.sql(", "));
    }
    if source.latest {
        out.sql(") AS ranked");
        conditions = Conditions::default();
    }
    if ranked {
        conditions.add(out).sql("metaxy__rank = 1");
    }
    if source.active {
        conditions.add(out).identifier("metaxy_deleted_at").sql(" IS NULL");
    }
    for filter in &source.filters {
        filter.render(source, dialect, conditions.add(out));
    }
}

/// Writes the place of a row among those that have the same in these columns: the latest one is the first.
pub(in crate::rows) fn write_latest<'a>(
    same: impl IntoIterator<Item = &'a str>,
    out: &mut Statement,
) {
    out.sql("row_number() OVER (PARTITION BY ");
    out.list(", ", same, |out, it| _ = out.identifier(it));
    write_latest_first(out.sql(" ORDER BY "));
    out.sql(")");
}

/// Writes the order of the rows of a sample, the latest one first.
fn write_latest_first(out: &mut Statement) {
    // The last two only make one of two rows of the same moment the latest on every run.
    out.sql("coalesce(");
    out.identifier("metaxy_deleted_at").sql(", ").identifier("metaxy_updated_at");
    out.sql(") DESC, ").identifier("metaxy_created_at").sql(" DESC, coalesce(");
    out.identifier("metaxy_provenance").sql(", '') DESC");
}

/// `WHERE`, then `AND`.
#[derive(Default)]
pub(super) struct Conditions {
    begun: bool,
}

impl Conditions {
    pub(super) fn add<'a>(&mut self, out: &'a mut Statement) -> &'a mut Statement {
        let word = if self.begun { " AND " } else { " WHERE " };
        self.begun = true;
        out.sql(word)
    }
}

/// The name of an upstream version in the queries.
pub(in crate::rows) fn value_name(at: usize) -> String {
    format!("metaxy__v{at}")
}

/// The names of all columns of a source.
pub(in crate::rows) fn names(source: &Source) -> impl Iterator<Item = &str> {
    source.table.columns.iter().map(|it| it.name.as_str())
}

/// The names of the columns of a source that rows may be written with.
pub(in crate::rows) fn written_names(source: &Source) -> impl Iterator<Item = &str> {
    let columns = source.table.columns.iter().filter(|it| it.generated.is_none());
    columns.map(|it| it.name.as_str())
}

/// Writes columns of a table or subquery.
pub(super) fn write_columns<'a>(
    of: &str,
    columns: impl IntoIterator<Item = &'a str>,
    out: &mut Statement,
) {
    out.list(", ", columns, |out, it| _ = out.identifier(of).sql(".").identifier(it));
}

/// Writes that two tables or subqueries have the same in these columns.
pub(super) fn write_equal<'o>(
    one: &str,
    other: &str,
    columns: &[String],
    out: &'o mut Statement,
) -> &'o mut Statement {
    out.list(" AND ", columns, |out, it| {
        for (separator, of) in iter::zip(["", " = "], [one, other]) {
            out.sql(separator).identifier(of).sql(".").identifier(it);
        }
    })
}
