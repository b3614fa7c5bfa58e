//! `#[derive(FeatureInput)]`: the fields of a struct against the columns that samples of a feature are made from.

use super::{Message, Upstream, contains, equal, place, schema_rs::Nullability};
use crate::{
    FeatureTable,
    sql_types::{ColumnType, SqlTypeInfo},
    table::InputDef,
};
use diesel::sql_types::SqlType;
use metaxy_core::declaration::LineageDecl;

/// What samples of a feature are made from.
#[derive(Debug, Clone, Copy)]
pub struct Input {
    feature: Upstream,
    inputs: &'static [InputDef],
}

impl Input {
    /// What samples of `F` are made from.
    pub const fn of<F: FeatureTable>() -> Self {
        Self { feature: Upstream::of::<F>(), inputs: F::INPUTS }
    }

    /// Refuses a field of the type `T` that no upstream column of this name fills.
    #[track_caller]
    pub const fn fills<T>(self, column: &str)
    where
        T: ColumnType<SqlType: SqlTypeInfo + SqlType<IsNull: Nullability>>,
    {
        let nullable = <<T::SqlType as SqlType>::IsNull as Nullability>::NULLABLE;
        self.fills_as(column, T::SqlType::NAME, nullable);
    }

    /// Refuses a field of a SQL type of this name that no upstream column fills. `nullable`: the field is an `Option`.
    #[track_caller]
    pub const fn fills_as(self, column: &str, sql_type: &str, nullable: bool) {
        let Some(found) = find(self.feature, self.inputs, column) else {
            if !is_partly_unknown(self.inputs) {
                lacks(self.feature, self.inputs, column);
            }
            return;
        };
        if let Some(known) = found.sql_type
            && !equal(known, sql_type)
        {
            about(column)
                .push(" is ")
                .push(known)
                .push(" in feature `")
                .push(found.key)
                .push("`, and ")
                .push(sql_type)
                .push(" here: give both the same type")
                .fail();
        }
        match (nullable, found.optional, found.nullable) {
            (false, true, _) => about(column)
                .push(" is missing where feature `")
                .push(found.key)
                .push("`, which is optional, has no sample: make the field an `Option`")
                .fail(),
            (false, false, true) => about(column)
                .push(" may be NULL in feature `")
                .push(found.key)
                .push("`: make the field an `Option`")
                .fail(),
            _ => {}
        }
    }
}

const fn about(column: &str) -> Message {
    Message::new("column `").push(column).push("`")
}

/// A column that samples are made from.
#[derive(Clone, Copy)]
struct Found {
    /// The feature that it is of.
    key: &'static str,
    /// The name of its SQL type; `None`: unknown.
    sql_type: Option<&'static str>,
    nullable: bool,
    /// Whether a sample may lack all of the feature.
    optional: bool,
}

/// The column of this name. That of a dependency by key is known where it is selected.
const fn find(feature: Upstream, inputs: &[InputDef], column: &str) -> Option<Found> {
    if inputs.is_empty() {
        return own(feature, column);
    }
    let is_joined_on = is_joined_on(feature, inputs, column);
    let mut found: Option<Found> = None;
    let mut at = 0;
    while at < inputs.len() {
        let candidate = of_input(inputs[at], column);
        at += 1;
        if let Some(mut candidate) = candidate {
            candidate.optional = candidate.optional && !is_joined_on;
            candidate.nullable = candidate.nullable && !is_joined_on;
            // Where samples are joined on it, a dependency by type says more than one by key.
            match found {
                Some(before) if before.sql_type.is_some() => {}
                _ => found = Some(candidate),
            }
        }
    }
    found
}

/// A column of a feature without dependencies: its samples are given as they are.
const fn own(feature: Upstream, column: &str) -> Option<Found> {
    match place(feature.columns, column) {
        None => None,
        Some(at) => Some(found(feature, at, false)),
    }
}

const fn of_input(input: InputDef, column: &str) -> Option<Found> {
    let there = there(input, column);
    match input.upstream {
        None => match input.dep.select {
            Some(select) if contains(select, column) => Some(Found {
                key: input.dep.feature,
                sql_type: None,
                nullable: false,
                optional: input.dep.optional,
            }),
            _ => None,
        },
        Some(upstream) => match place(upstream.columns, there) {
            Some(at) if is_taken(input, upstream, there, column) => {
                Some(found(upstream, at, input.dep.optional))
            }
            _ => None,
        },
    }
}

const fn found(upstream: Upstream, at: usize, optional: bool) -> Found {
    // A feature that did not compile has columns without types.
    let is_known = at < upstream.types.len() && at < upstream.definitions.len();
    Found {
        key: upstream.key,
        sql_type: if is_known { Some(upstream.types[at]) } else { None },
        nullable: is_known && upstream.definitions[at].nullable,
        optional,
    }
}

/// The name upstream of a column; empty: it was given away.
const fn there(input: InputDef, column: &str) -> &str {
    let renames = renames(input);
    let mut at = 0;
    while at < renames.len() {
        let (old, new) = renames[at];
        if equal(new, column) {
            return old;
        }
        if equal(old, column) {
            return "";
        }
        at += 1;
    }
    column
}

/// The name here of a column upstream.
const fn here(input: InputDef, there: &'static str) -> &'static str {
    let renames = renames(input);
    let mut at = 0;
    while at < renames.len() {
        let (old, new) = renames[at];
        if equal(old, there) {
            return new;
        }
        at += 1;
    }
    there
}

const fn renames(input: InputDef) -> &'static [(&'static str, &'static str)] {
    match input.dep.rename {
        Some(renames) => renames,
        None => &[],
    }
}

/// Whether a column comes down: all do without `select`, and those that identify samples always.
const fn is_taken(input: InputDef, upstream: Upstream, there: &str, here: &str) -> bool {
    let is_id = match input.dep.lineage {
        LineageDecl::Expansion { on, .. } | LineageDecl::Aggregation { on: Some(on) }
            if !on.is_empty() =>
        {
            contains(on, here) || contains(on, there)
        }
        _ => contains(upstream.id_columns, there),
    };
    match input.dep.select {
        None => true,
        Some(select) => contains(select, here) || is_id,
    }
}

/// Whether samples are joined on a column: all dependencies are told apart by it.
const fn is_joined_on(feature: Upstream, inputs: &[InputDef], column: &str) -> bool {
    let mut at = 0;
    while at < inputs.len() {
        let input = inputs[at];
        let is_id = match (input.dep.lineage, input.upstream) {
            (LineageDecl::Expansion { on, .. }, _)
            | (LineageDecl::Aggregation { on: Some(on) }, _) => contains(on, column),
            (LineageDecl::Identity, Some(upstream)) => {
                contains(upstream.id_columns, there(input, column))
            }
            _ => contains(feature.id_columns, column),
        };
        if !is_id {
            return false;
        }
        at += 1;
    }
    true
}

/// Whether a dependency brings columns that are not known while compiling.
const fn is_partly_unknown(inputs: &[InputDef]) -> bool {
    let mut at = 0;
    while at < inputs.len() {
        if inputs[at].upstream.is_none() && inputs[at].dep.select.is_none() {
            return true;
        }
        at += 1;
    }
    false
}

/// Fails with the columns that there are.
#[track_caller]
const fn lacks(feature: Upstream, inputs: &[InputDef], column: &str) -> ! {
    let mut message = Message::new("samples of feature `")
        .push(feature.key)
        .push("` are made from no column `")
        .push(column)
        .push("`: name one of ");
    let mut listed = 0;
    let mut input = 0;
    while input < inputs.len() {
        let InputDef { upstream, dep } = inputs[input];
        let columns = match (upstream, dep.select) {
            (Some(upstream), _) => upstream.columns,
            (None, Some(select)) => select,
            (None, None) => &[],
        };
        let mut at = 0;
        while at < columns.len() {
            let here = match upstream {
                Some(_) => here(inputs[input], columns[at]),
                None => columns[at],
            };
            if of_input(inputs[input], here).is_some() && !is_before(inputs, input, here) {
                message = message.push(if listed > 0 { ", `" } else { "`" }).push(here).push("`");
                listed += 1;
            }
            at += 1;
        }
        input += 1;
    }
    match inputs.is_empty() {
        true => message.list(feature.columns).fail(),
        false => message.fail(),
    }
}

/// Whether a dependency before this one brings the column, too.
const fn is_before(inputs: &[InputDef], input: usize, column: &str) -> bool {
    let mut at = 0;
    while at < input {
        if of_input(inputs[at], column).is_some() {
            return true;
        }
        at += 1;
    }
    false
}
