//! What databases demand of the columns of keys and indexes.

use crate::{
    diff::Problem,
    schema::{Column, ForeignKey, Index, IndexKey, Schema, SqlType, Table, TableName},
};
use std::collections::{BTreeMap, BTreeSet};

/// What keys and indexes take.
#[derive(Debug, Clone, Copy)]
pub struct KeyLimits {
    /// How many characters of a text of any length a key takes: the length of text columns that are part of a primary key,
    /// a unique index or a foreign key and name none, and what other indexes take of the beginning of a text.
    pub text_length: u32,
    /// The most bytes that the columns of one key may have.
    pub max_bytes: usize,
    /// The bytes that a column of this type has in a key; `None`: it cannot be part of one as a whole.
    pub bytes: fn(&SqlType) -> Option<usize>,
}

impl KeyLimits {
    /// Gives text columns of keys a length, and other indexes the beginnings of texts.
    pub(crate) fn fit(&self, table: &mut Table) {
        let foreign = table.foreign_keys.iter().map(|it| &it.columns);
        let constraints = table.uniques.iter().map(|it| &it.columns);
        let primary = table.primary_key.iter().map(|it| &it.columns);
        let unique = table.indexes.iter().filter(|it| it.unique).flat_map(|it| &it.keys);
        let unique = unique.filter(|it| it.prefix.is_none()).filter_map(IndexKey::column);
        let keys: BTreeSet<String> = (primary.chain(constraints).chain(foreign).flatten().cloned())
            .chain(unique.map(str::to_owned))
            .collect();
        let is_long = |it: &Column| matches!(it.sql_type, SqlType::Text | SqlType::String);
        for column in table.columns.iter_mut().filter(|it| keys.contains(&it.name)) {
            if is_long(column) {
                column.sql_type = SqlType::Varchar(self.text_length);
            }
        }
        let long = table.columns.iter().filter(|it| is_long(it));
        let long: BTreeSet<&str> = long.map(|it| it.name.as_str()).collect();
        let sorted = table.indexes.iter_mut().filter(|it| it.method.is_none());
        for key in sorted.flat_map(|it| &mut it.keys).filter(|it| it.prefix.is_none()) {
            key.prefix = key.column().filter(|it| long.contains(it)).map(|_| self.text_length);
        }
    }

    /// The keys of a normal schema that the database does not take.
    pub(crate) fn problems(&self, schema: &Schema) -> Vec<Problem> {
        let problems = schema.tables.values().flat_map(|table| {
            keys(table).filter_map(|(key, columns)| self.problem(table, key, &columns))
        });
        problems.collect()
    }

    fn problem(
        &self,
        table: &Table,
        key: &str,
        columns: &[(&str, Option<u32>)],
    ) -> Option<Problem> {
        let mut total = 0;
        for (name, prefix) in columns {
            let column = table.columns.iter().find(|it| it.name == *name)?;
            let bytes = match prefix {
                None => (self.bytes)(&column.sql_type),
                Some(prefix) => (self.bytes)(&SqlType::Varchar(*prefix)),
            };
            let Some(bytes) = bytes else {
                let object = format!("{}.{name}", table.name);
                return Some(Problem::KeyType { object, key: key.to_owned() });
            };
            total += bytes;
        }
        let (object, key, max) = (table.name.to_string(), key.to_owned(), self.max_bytes);
        (total > max).then_some(Problem::KeyTooLong { object, key, bytes: total, max })
    }
}

/// The keys and sorted indexes of a table, by what to call them, with their columns and what is indexed of each.
fn keys(table: &Table) -> impl Iterator<Item = (&str, Vec<(&str, Option<u32>)>)> {
    let primary = table.primary_key.iter().map(|it| ("primary key", &it.columns));
    let constraints = primary.chain(table.uniques.iter().map(|it| (&*it.name, &it.columns)));
    let constraints = constraints
        .map(|(name, columns)| (name, columns.iter().map(|it| (it.as_str(), None)).collect()));
    let sorted = table.indexes.iter().filter(|it| it.method.is_none());
    let indexes = sorted.map(|it| {
        let columns = it.keys.iter().filter_map(|key| Some((key.column()?, key.prefix)));
        (&*it.name, columns.collect())
    });
    constraints.chain(indexes)
}

/// Gives each foreign key an index on its columns, by its own name, where no other key or index is on just these.
pub(crate) fn index_foreign_keys(table: &mut Table) {
    for key in &table.foreign_keys {
        if !finds_rows_by(table, &key.columns) {
            table.indexes.push(Index::new(key.name.clone(), key.columns.clone(), false));
        }
    }
}

/// Has foreign keys name their columns in the order of the key that they refer to, which means the same.
pub(crate) fn order_foreign_keys(schema: &mut Schema) {
    let several = |it: &&ForeignKey| it.columns.len() > 1;
    let keys = schema.tables.values().flat_map(|it| &it.foreign_keys).filter(several);
    let targets: BTreeSet<_> = keys.map(|it| it.references.clone()).collect();
    let found = targets.into_iter().filter_map(|target| {
        let table = schema.tables.get(&target)?;
        Some((target, unique_columns(table)))
    });
    let found: BTreeMap<TableName, Vec<Vec<String>>> = found.collect();
    for key in schema.tables.values_mut().flat_map(|it| &mut it.foreign_keys) {
        let pairs: BTreeMap<_, _> =
            key.referenced_columns.iter().cloned().zip(key.columns.iter().cloned()).collect();
        let same = |columns: &&Vec<String>| {
            columns.len() == pairs.len() && columns.iter().all(|it| pairs.contains_key(it))
        };
        let keys = found.get(&key.references).into_iter().flatten();
        if keys.clone().any(|it| *it == key.referenced_columns) {
            continue;
        }
        if let Some(order) = keys.clone().find(same) {
            key.columns = order.iter().filter_map(|it| pairs.get(it).cloned()).collect();
            key.referenced_columns.clone_from(order);
        }
    }
}

/// The columns of each primary key, unique constraint and unique index of a table.
fn unique_columns(table: &Table) -> Vec<Vec<String>> {
    let owned = |columns: Vec<&str>| columns.into_iter().map(str::to_owned).collect();
    let primary = table.primary_key.iter().map(|it| it.columns.clone());
    let constraints = table.uniques.iter().map(|it| it.columns.clone());
    let indexes = table.indexes.iter().filter(|it| it.unique).filter_map(Index::key_columns);
    primary.chain(constraints).chain(indexes.map(owned)).collect()
}

/// Whether a table has a key or index on just these columns.
fn finds_rows_by(table: &Table, columns: &[String]) -> bool {
    let primary = table.primary_key.iter().map(|it| &it.columns);
    let mut constraints = primary.chain(table.uniques.iter().map(|it| &it.columns));
    let mut indexes = table.indexes.iter().filter_map(Index::key_columns);
    constraints.any(|it| it == columns) || indexes.any(|it| it == columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Backend;

    fn parse(table: &str) -> Schema {
        let table: Table = toml::from_str(table).expect("the test's table is well-formed");
        Backend::MariaDb.dialect().normalise(&[table].into_iter().collect())
    }

    fn refusals(table: &str) -> Vec<String> {
        let limits = Backend::MariaDb.dialect().key_limits.expect("it has limits");
        limits.problems(&parse(table)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn texts_of_keys_get_a_length_and_those_of_other_indexes_keep_theirs() {
        let schema = parse(
            r#"
            name = "t"
            columns = [
                { name = "a", type = "text" }, { name = "b", type = "string" },
                { name = "c", type = "text" }, { name = "d", type = { varchar = 9 } },
            ]
            primary_key = { columns = ["a"] }
            indexes = [
                { name = "i", columns = ["b"], unique = true }, { name = "j", columns = ["d", "c", "a"] },
            ]
            "#,
        );
        let table = schema.tables.values().next().expect("there is one");
        let types: Vec<_> = table.columns.iter().map(|it| it.sql_type.clone()).collect();
        let key = SqlType::Varchar(255);
        assert_eq!(types, [key.clone(), key, SqlType::Text, SqlType::Varchar(9)]);
        let prefixes = table.indexes.iter().flat_map(|it| &it.keys).map(|it| it.prefix);
        assert_eq!(prefixes.collect::<Vec<_>>(), [None, None, Some(255), None]);
    }

    #[test]
    fn keys_that_do_not_fit_are_refused() {
        assert_eq!(
            refusals(
                r#"
                name = "t"
                columns = [{ name = "a", type = "json" }, { name = "b", type = "text" }, { name = "c", type = "text" },
                    { name = "d", type = "text" }, { name = "e", type = "utc_timestamp" }, { name = "f", type = "text" }]
                primary_key = { columns = ["b", "c", "d", "e"] }
                indexes = [{ name = "i", columns = ["b", "c", "d", "f"] }, { name = "j", columns = ["a"] }]
                "#
            ),
            [
                "`t`: i takes 4080 bytes of the 3072 that a key has: give its texts a length (`#[metaxy(length = 64)]`)",
                "`t.a` cannot be part of j: a key takes numbers, moments and texts",
            ]
        );
    }

    #[test]
    fn foreign_keys_have_an_index() {
        let indexes = |more: &str| {
            let schema = parse(&format!(
                r#"
                name = "t"
                columns = [{{ name = "a", type = "integer" }}, {{ name = "b", type = "integer" }}]
                foreign_keys = [{{ name = "t_a_fkey", columns = ["a"], references = {{ name = "o" }}, referenced_columns = ["id"] }}]
                {more}
                "#
            ));
            let indexes = schema.tables.values().flat_map(|it| it.indexes.clone());
            indexes.map(|it| it.name).collect::<Vec<_>>()
        };
        assert_eq!(indexes(""), ["t_a_fkey"]);
        assert_eq!(indexes(r#"indexes = [{ name = "mine", columns = ["a"] }]"#), ["mine"]);
        assert_eq!(
            indexes(r#"indexes = [{ name = "wide", columns = ["a", "b"] }]"#),
            ["t_a_fkey", "wide"]
        );
        assert_eq!(indexes(r#"primary_key = { columns = ["a"] }"#), [""; 0]);
    }
}
