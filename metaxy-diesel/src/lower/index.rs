//! Indexes as features declare them, and their names.

use super::{LowerError, LowerOptions};
use crate::{
    dialect::Dialect,
    naming::{self, Named},
    schema::{Deferrable, Index, IndexKey, KeyPart, Table, TableName, Unique},
    table::{IndexDef, IndexKeyDef, TableDef},
    tokens::{tokens, without_quotes},
};
use std::collections::{BTreeMap, BTreeSet};

/// Adds what a feature declares to its table. One that can be deferred is a constraint.
pub(super) fn add_indexes(table: &mut Table, definition: &TableDef, options: &LowerOptions<'_>) {
    for index in indexes(definition, options.dialect) {
        let name = name(index, &table.name, options);
        let lowered = lower_index(index, name);
        match index.deferrable {
            Deferrable::No => table.indexes.push(lowered),
            deferrable => table.uniques.push(Unique {
                columns: lowered.key_columns().iter().flatten().map(ToString::to_string).collect(),
                name: lowered.name,
                include: lowered.include,
                nulls_not_distinct: lowered.nulls_not_distinct,
                deferrable,
            }),
        }
    }
}

/// The indexes of a table on this database.
pub(super) fn indexes<'a>(
    definition: &'a TableDef,
    dialect: &'a Dialect,
) -> impl Iterator<Item = &'a IndexDef> {
    definition.indexes.iter().filter(|index| {
        let is_here = |it: &&str| *it == dialect.name || dialect.other_names.contains(it);
        index.databases.is_none_or(|names| names.iter().any(is_here))
    })
}

/// The columns that an index names.
pub(super) fn columns(index: &IndexDef) -> impl Iterator<Item = &'static str> {
    let keys = index.keys.iter().filter_map(|key| match key.part {
        KeyPart::Column(name) => Some(name),
        KeyPart::Expression(_) => None,
    });
    keys.chain(index.include.iter().copied())
}

/// The indexes that features give a name, by it.
///
/// # Errors
///
/// Where two have the same one.
pub(super) fn named<'a>(
    definitions: impl Iterator<Item = &'a TableDef>,
    options: &LowerOptions<'_>,
) -> Result<BTreeMap<String, Index>, LowerError> {
    let mut named = BTreeMap::new();
    for index in definitions.flat_map(|it| indexes(it, options.dialect)) {
        let Some(name) = given_name(index, options) else { continue };
        if named.insert(name.clone(), lower_index(index, name.clone())).is_some() {
            return Err(LowerError::SameIndex { name });
        }
    }
    Ok(named)
}

/// Tells apart what would have one name in one namespace: tables, primary keys and indexes, as PostgreSQL has them.
/// Of two, the later gets a hash, unless its name was given. The same index twice is one.
pub(super) fn make_names_unique<'a>(
    tables: impl Iterator<Item = &'a mut Table>,
    mut taken: BTreeSet<String>,
    named: &BTreeMap<String, Index>,
    limit: Option<usize>,
) {
    taken.extend(named.keys().cloned());
    for table in tables {
        let own = table.name.name.as_str();
        if let Some(name) = table.primary_key.as_mut().and_then(|it| it.name.as_mut())
            && !taken.insert(name.clone())
        {
            *name = naming::hashed_name(Named::PrimaryKey, own, &[], "", limit);
            taken.insert(name.clone());
        }
        let nameless = |it: &Index| Index { name: String::new(), ..it.clone() };
        let mut seen = BTreeSet::new();
        table.indexes.sort_by_key(|it| !named.contains_key(&it.name));
        table.indexes.retain(|index| seen.insert(nameless(index)));
        for index in &mut table.indexes {
            if named.get(&index.name) != Some(index) && !taken.insert(index.name.clone()) {
                index.name = hashed_name(own, index, limit);
                taken.insert(index.name.clone());
            }
        }
        for unique in &mut table.uniques {
            if !named.contains_key(&unique.name) && !taken.insert(unique.name.clone()) {
                let columns: Vec<_> = unique.columns.iter().map(String::as_str).collect();
                unique.name =
                    naming::hashed_name(Named::Unique, own, &columns, "constraint", limit);
                taken.insert(unique.name.clone());
            }
        }
    }
}

fn lower_index(index: &IndexDef, name: String) -> Index {
    let owned = |text: &'static str| text.to_owned();
    let key = |key: &IndexKeyDef| IndexKey {
        part: match key.part {
            KeyPart::Column(name) => KeyPart::Column(owned(name)),
            KeyPart::Expression(sql) => KeyPart::Expression(owned(sql)),
        },
        descending: key.descending,
        nulls: key.nulls,
        prefix: key.prefix,
        collation: key.collation.map(owned),
        operator_class: key.operator_class.map(owned),
    };
    Index {
        name,
        keys: index.keys.iter().map(key).collect(),
        unique: index.unique,
        predicate: index.predicate.map(owned),
        method: index.method.map(owned),
        include: index.include.iter().map(|it| owned(it)).collect(),
        nulls_not_distinct: index.nulls_not_distinct,
    }
}

fn name(index: &IndexDef, table: &TableName, options: &LowerOptions<'_>) -> String {
    given_name(index, options).unwrap_or_else(|| {
        let words: Vec<_> = index.keys.iter().map(|it| words(&it.part)).collect();
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        naming::name(kind(index.unique), &table.name, &words, options.dialect.max_identifier_bytes)
    })
}

/// Stores with a prefix may share a database, and there its names of indexes.
fn given_name(index: &IndexDef, options: &LowerOptions<'_>) -> Option<String> {
    index.name.map(|it| format!("{}{it}", options.table_prefix))
}

fn kind(unique: bool) -> Named {
    if unique { Named::Unique } else { Named::Index }
}

/// A name whose hash tells indexes apart that are on the same columns.
fn hashed_name(table: &str, index: &Index, limit: Option<usize>) -> String {
    let words: Vec<_> = index.keys.iter().map(|it| words(&it.part)).collect();
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let columns = index.columns().map(str::to_owned).collect();
    let more = match *index == Index::new(&index.name, columns, index.unique) {
        true => String::new(),
        false => serde_json::to_string(index).expect("an index has string keys only"),
    };
    naming::hashed_name(kind(index.unique), table, &words, &more, limit)
}

/// What a key is called in a name: the column, or the words of the expression (`lower_path`).
fn words<Text: AsRef<str>>(part: &KeyPart<Text>) -> String {
    match part {
        KeyPart::Column(name) => name.as_ref().to_owned(),
        KeyPart::Expression(sql) => {
            let is_word = |it: &&str| it.starts_with(|it: char| it.is_alphabetic() || it == '"');
            let words = tokens(sql.as_ref()).map(|(_, token)| token).filter(is_word);
            words.map(without_quotes).collect::<Vec<_>>().join("_")
        }
    }
}
