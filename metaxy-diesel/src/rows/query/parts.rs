//! What all queries are made of.

use crate::{backend::statement::Statement, dialect::Dialect, rows::source::Source};
use std::iter;

/// Writes the rows that a source means, all columns of them.
pub(in crate::rows) fn write_source(source: &Source, dialect: &Dialect, out: &mut Statement) {
    let ranked = source.latest;
    if ranked {
        out.sql("SELECT ");
        write_columns("ranked", names(source), out);
        out.sql(" FROM (");
    }
    out.sql("SELECT ");
    write_columns("rows", names(source), out);
    if ranked {
        write_latest(source.id_columns.iter().map(String::as_str), out.sql(", "));
        out.sql(" AS metaxy__rank");
    }
    out.sql(" FROM ").table(&source.table.name).sql(" AS ").identifier("rows");
    let mut conditions = Conditions::default();
    if let Some(version) = &source.version {
        conditions.add(out).identifier("metaxy_feature_version").sql(" = ").text(version);
    }
    if ranked {
        out.sql(") AS ranked");
        conditions = Conditions::default();
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
    // The last two only make one of two rows of the same moment the latest on every run.
    out.sql(" ORDER BY coalesce(");
    out.identifier("metaxy_deleted_at").sql(", ").identifier("metaxy_updated_at");
    out.sql(") DESC, ").identifier("metaxy_created_at").sql(" DESC, coalesce(");
    out.identifier("metaxy_provenance").sql(", '') DESC)");
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
