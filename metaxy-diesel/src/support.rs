//! What one database has and another has not, as data: [`Support`].

mod actions;
mod names;

pub(crate) use names::index_names;

use crate::{
    dialect::{Dialect, NO_NAMESPACES},
    diff::Problem,
    order::creation_order,
    schema::{
        Action, Deferrable, ForeignKey, Index, IndexKey, KeyPart, Nulls, Schema, Table, Unique,
    },
    tokens::{mentions, without_parentheses},
};
use std::collections::BTreeSet;

/// Whether a database has something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// It has.
    Yes,
    /// It has not.
    No {
        /// What to do in its place.
        instead: &'static str,
    },
}

/// What indexes can be.
#[derive(Debug)]
pub struct IndexSupport {
    /// Conditions: `WHERE`.
    pub partial: Support,
    /// Keys that are expressions.
    pub expressions: Support,
    /// A place for NULLs: `NULLS FIRST`.
    pub nulls: Support,
    /// Whether NULLs are where the largest values are, where an index does not say it.
    pub nulls_are_largest: bool,
    /// Whether keys can descend. Where not, an index has no order, and it is all the same.
    pub descending: bool,
    /// Keys that are the beginnings of texts.
    pub prefixes: Support,
    /// Collations of their own: `COLLATE`.
    pub collations: Support,
    /// Operator classes.
    pub operator_classes: Support,
    /// Columns besides the keys: `INCLUDE`.
    pub include: Support,
    /// `NULLS NOT DISTINCT`, of unique constraints too.
    pub nulls_not_distinct: Support,
    /// How they are built.
    pub methods: Methods,
}

/// How indexes are built but as a B-tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Methods {
    /// As the database and its extensions can, `USING method`.
    Using,
    /// As one of these, `METHOD INDEX`.
    Words(&'static [&'static str]),
}

/// When constraints can be checked.
#[derive(Debug)]
pub struct ConstraintSupport {
    /// `DEFERRABLE` unique constraints.
    pub deferrable_uniques: Support,
    /// `DEFERRABLE` foreign keys.
    pub deferrable_foreign_keys: Support,
    /// Whether that of a foreign key is changed in place.
    pub alter_deferrable: bool,
    /// `MATCH FULL` of foreign keys.
    pub match_full: Support,
    /// `SET DEFAULT` of foreign keys.
    pub set_default: Support,
    /// Whether a foreign key is refused where its action may set what its columns do not take, or what a check or a stored
    /// generated column reads. Where not, the row is refused, once it is changed.
    pub actions_fit: bool,
    /// What foreign keys do besides refusing: `ON DELETE CASCADE`.
    pub foreign_key_actions: Support,
    /// Foreign keys to columns that no more than an index makes unique.
    pub foreign_keys_to_indexes: Support,
    /// Foreign keys to columns that only an index with a collation of its own makes unique.
    pub foreign_keys_to_collations: Support,
    /// Foreign keys by which tables refer to each other.
    pub foreign_keys_in_circles: Support,
    /// Keys and checks of generated columns.
    pub on_generated: Support,
}

impl Dialect {
    /// What tables, indexes and constraints of a normal schema have and the database has not.
    pub(crate) fn unsupported(&self, schema: &Schema) -> Vec<Problem> {
        let names = schema.tables.keys().filter(|it| it.schema.is_some());
        let elsewhere = names.filter(|_| self.namespaces.is_none()).map(|name| {
            let (object, what) = (name.to_string(), "schemas".to_owned());
            Problem::Unsupported { object, database: self.title, what, instead: NO_NAMESPACES }
        });
        let problems = schema.tables.values().flat_map(|table| {
            let indexes = table.indexes.iter().map(|it| (&it.name, self.index_lacks(it)));
            let uniques = table.uniques.iter().map(|it| (&it.name, self.unique_lacks(it)));
            let keys = table.foreign_keys.iter();
            let keys = keys.map(|it| (&it.name, self.foreign_key_lacks(it, schema)));
            let lacks = indexes.chain(uniques).chain(keys);
            lacks.flat_map(move |(name, lacks)| {
                lacks.into_iter().map(move |(what, instead)| Problem::Unsupported {
                    object: format!("{}.{name}", table.name),
                    database: self.title,
                    what,
                    instead,
                })
            })
        });
        let empty = schema.tables.values().filter(|it| it.columns.is_empty());
        let empty = empty.map(|it| Problem::Unsupported {
            object: it.name.to_string(),
            database: "metaxy",
            what: "table without columns".to_owned(),
            instead: "give it one",
        });
        let others =
            actions::problems(self, schema).into_iter().chain(names::problems(self, schema));
        elsewhere
            .chain(empty)
            .chain(problems)
            .chain(others)
            .chain(self.circles(schema))
            .chain(self.constrained(schema))
            .collect()
    }

    /// Generated columns that a key or check is on, where there are none such.
    fn constrained(&self, schema: &Schema) -> Vec<Problem> {
        let Support::No { instead } = self.constraints.on_generated else { return Vec::new() };
        let problems = schema.tables.values().flat_map(|table| {
            let columns = table.columns.iter().filter(|it| it.generated.is_some());
            let columns = columns.filter(|it| is_constrained(table, &it.name));
            columns.map(|it| Problem::Unsupported {
                object: format!("{}.{}", table.name, it.name),
                database: self.title,
                what: "key or check of a generated column".to_owned(),
                instead,
            })
        });
        problems.collect()
    }

    /// Foreign keys by which tables refer to each other, where there are none.
    fn circles(&self, schema: &Schema) -> Vec<Problem> {
        let Support::No { instead } = self.constraints.foreign_keys_in_circles else {
            return Vec::new();
        };
        let later = creation_order(schema.tables.values().collect(), false).later.into_iter();
        let problems = later.map(|(table, key)| Problem::Unsupported {
            object: format!("{table}.{}", key.name),
            database: self.title,
            what: "foreign keys that go in a circle".to_owned(),
            instead,
        });
        problems.collect()
    }

    fn index_lacks(&self, index: &Index) -> Vec<(String, &'static str)> {
        let support = &self.indexes;
        let any = |of: fn(&IndexKey) -> bool| index.keys.iter().any(of);
        let lacks = lacks([
            (support.partial, index.predicate.is_some(), "index on some of the rows (`where`)"),
            (support.expressions, any(|it| it.column().is_none()), "index on an expression"),
            (support.nulls, any(|it| it.nulls.is_some()), "index that says where NULLs are"),
            (support.prefixes, any(|it| it.prefix.is_some()), "index on the beginning of a column"),
            (support.collations, any(|it| it.collation.is_some()), "index with a collation"),
            (support.operator_classes, any(|it| it.operator_class.is_some()), "operator classes"),
            (support.include, !index.include.is_empty(), "index that includes more columns"),
            (support.nulls_not_distinct, index.nulls_not_distinct, "`NULLS NOT DISTINCT`"),
        ]);
        let method = index.method.as_ref().filter(|method| match support.methods {
            Methods::Using => false,
            Methods::Words(words) => !words.contains(&method.as_str()),
        });
        let method = method.map(|it| (format!("index method `{it}`"), "leave it out"));
        lacks.chain(method).collect()
    }

    fn unique_lacks(&self, unique: &Unique) -> Vec<(String, &'static str)> {
        let (deferrable, what) =
            (unique.deferrable != Deferrable::No, "deferrable unique constraint");
        let lacks = lacks([(self.constraints.deferrable_uniques, deferrable, what)]);
        lacks.chain(self.index_lacks(&unique.clone().into_index())).collect()
    }

    fn foreign_key_lacks(&self, key: &ForeignKey, schema: &Schema) -> Vec<(String, &'static str)> {
        let support = &self.constraints;
        let deferrable = key.deferrable != Deferrable::No;
        let sets_default = [key.on_delete, key.on_update].contains(&Action::SetDefault);
        let acts = [key.on_delete, key.on_update] != [Action::NoAction; 2];
        let is_constraint = |table: &Table| {
            let primary = table.primary_key.iter().map(|it| &it.columns);
            let mut keys = primary.chain(table.uniques.iter().map(|it| &it.columns));
            keys.any(|it| *it == key.referenced_columns)
        };
        let target = schema.tables.get(&key.references);
        let to_index = target.is_some_and(|it| !is_constraint(it));
        let to_collation = target.is_some_and(|it| is_by_collation(it, &key.referenced_columns));
        let lacks = lacks([
            (support.deferrable_foreign_keys, deferrable, "deferrable foreign key"),
            (support.match_full, key.match_full, "`MATCH FULL`"),
            (support.set_default, sets_default, "`SET DEFAULT` of a foreign key"),
            (support.foreign_key_actions, acts, "`ON DELETE` or `ON UPDATE` that does anything"),
            (
                support.foreign_keys_to_collations,
                to_collation,
                "foreign key to what only an index with a collation makes unique",
            ),
            (
                support.foreign_keys_to_indexes,
                to_index,
                "foreign key to what only an index makes unique",
            ),
        ]);
        lacks.collect()
    }
}

/// Whether only an index with a collation of its own makes these columns unique.
fn is_by_collation(table: &Table, columns: &[String]) -> bool {
    let columns: BTreeSet<&str> = columns.iter().map(String::as_str).collect();
    let is_on_them = |own: Vec<&str>| own.into_iter().collect::<BTreeSet<_>>() == columns;
    let primary = table.primary_key.iter().map(|it| &it.columns);
    let mut constraints = primary.chain(table.uniques.iter().map(|it| &it.columns));
    let unique = table.indexes.iter().filter(|it| it.unique);
    let mut indexes = unique.filter(|it| it.key_columns().is_some_and(is_on_them)).peekable();
    indexes.peek().is_some()
        && indexes.all(|it| it.keys.iter().any(|key| key.collation.is_some()))
        && !constraints.any(|it| is_on_them(it.iter().map(String::as_str).collect()))
}

/// Whether a column is part of a key, or a check reads it.
fn is_constrained(table: &Table, column: &str) -> bool {
    let primary = table.primary_key.iter().map(|it| &it.columns);
    let uniques = table.uniques.iter().map(|it| &it.columns);
    let mut keys = primary.chain(uniques).chain(table.foreign_keys.iter().map(|it| &it.columns));
    let name = BTreeSet::from([column]);
    keys.any(|it| it.iter().any(|it| it == column))
        || table.checks.iter().any(|it| mentions(&it.expression, &name))
}

/// Of what is wanted, what is not there, and what to do in its place.
fn lacks<const N: usize>(
    wanted: [(Support, bool, &str); N],
) -> impl Iterator<Item = (String, &'static str)> {
    wanted.into_iter().filter_map(|(support, wanted, what)| match support {
        Support::No { instead } if wanted => Some((what.to_owned(), instead)),
        _ => None,
    })
}

impl IndexSupport {
    /// The index as the database shows it: what is the default there is not said.
    pub(crate) fn normalise(&self, index: &mut Index) {
        index.method = index.method.take().map(|it| it.to_lowercase()).filter(|it| it != "btree");
        for key in &mut index.keys {
            key.descending &= self.descending;
            let default = match key.descending == self.nulls_are_largest {
                true => Nulls::First,
                false => Nulls::Last,
            };
            key.nulls = key.nulls.filter(|it| *it != default);
            if let KeyPart::Expression(expression) = &mut key.part {
                *expression = without_parentheses(expression).to_owned();
            }
        }
    }
}
