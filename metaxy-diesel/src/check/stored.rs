//! What a SQL type is in a migrated database: known while compiling, where no dialect can be asked.

use super::{Message, contains, equal};
use crate::sql_types::SqlTypeInfo;

/// The databases, in the order of [`Stored`].
const DATABASES: [&str; 5] = ["sqlite", "postgres", "mysql", "mariadb", "duckdb"];

/// What a database makes of a type.
struct Stored {
    /// The [name](crate::sql_types::SqlTypeInfo::NAME) of the type.
    name: &'static str,
    /// What snapshots say of it, by database; empty: it has no such type.
    words: [&'static str; 5],
    /// The name of the type that `diesel print-schema` writes, by database.
    printed: [&'static str; 5],
}

const fn stored(
    name: &'static str,
    words: [&'static str; 5],
    printed: [&'static str; 5],
) -> Stored {
    Stored { name, words, printed }
}

/// The types that migrations know by themselves; those of one database only are left out. A test compares it with the dialects.
const STORED: [Stored; 17] = [
    stored("SmallInt", ["small_int"; 5], ["SmallInt"; 5]),
    stored("Integer", ["integer"; 5], ["Integer"; 5]),
    stored("BigInt", ["big_int"; 5], ["BigInt"; 5]),
    stored("Float", ["float"; 5], ["Float"; 5]),
    stored("Double", ["double"; 5], ["Double"; 5]),
    stored("Bool", ["bool"; 5], ["Bool"; 5]),
    stored("Text", ["text"; 5], ["Text"; 5]),
    stored("Binary", ["binary"; 5], ["Binary"; 5]),
    stored("Date", ["date"; 5], ["Date"; 5]),
    stored("Time", ["time"; 5], ["Time"; 5]),
    stored(
        "Timestamp",
        ["timestamp"; 5],
        ["Timestamp", "Timestamp", "Datetime", "Datetime", "Timestamp"],
    ),
    stored(
        "Json",
        ["text", "json", "json", "json", "json"],
        ["Text", "Json", "Json", "Text", "Json"],
    ),
    stored("Jsonb", ["binary", "jsonb", "", "", "json"], ["Binary", "Jsonb", "", "", "Json"]),
    stored("Uuid", ["", "uuid", "", "", "uuid"], ["", "Uuid", "", "", "Uuid"]),
    stored(
        "Numeric",
        [
            "{\"numeric\":{\"precision\":null,\"scale\":null}}",
            "{\"numeric\":{\"precision\":null,\"scale\":null}}",
            "{\"numeric\":{\"precision\":65,\"scale\":30}}",
            "{\"numeric\":{\"precision\":65,\"scale\":30}}",
            "{\"numeric\":{\"precision\":38,\"scale\":19}}",
        ],
        ["Double", "Numeric", "Numeric", "Numeric", "Numeric"],
    ),
    stored(
        "UtcTimestamp",
        ["text", "timestamptz", "timestamp", "timestamp", "timestamptz"],
        ["Text", "Timestamptz", "Datetime", "Datetime", "Timestamptz"],
    ),
    stored(
        "FieldVersionsMap",
        ["text", "jsonb", "json", "json", "{\"other\":\"MAP(VARCHAR, VARCHAR)\"}"],
        ["Text", "Jsonb", "Json", "Text", "FieldVersionsMap"],
    ),
];

/// The type of a column, as a snapshot has it.
#[derive(Debug, Clone, Copy)]
pub struct StoredType {
    /// A word, or JSON.
    pub word: &'static str,
    /// The values of the enumerated type that it is, or that its items are.
    pub values: &'static [&'static str],
}

/// Refuses a column of the SQL type `ST` that the migrations of a history make another type.
#[track_caller]
pub const fn column_is_stored<ST: SqlTypeInfo>(
    database: &str,
    column: &str,
    stored: StoredType,
    environment: &str,
) {
    let (name, word) = (ST::NAME, stored.word);
    if ST::VALUES.is_empty() && stored.values.is_empty() {
        let Some(expected) = word_of(database, name) else { return };
        // A text that is part of a key has a length where databases want one.
        let is_text = equal(name, "Text") && starts_with(word, "{\"varchar\":");
        if is_text || equal(expected, word) {
            return;
        }
    } else if same(ST::VALUES, stored.values) {
        return;
    }
    let message = Message::new("column `").push(column).push("` is ").push(name);
    let message = match ST::VALUES {
        [] => message,
        values => message.push(" of ").list(values),
    };
    let message = message.push(" here, and the migrations of ").push(environment).push(" make it ");
    let message = match stored.values {
        [] => message.push("`").push(word).push("`"),
        values => message.push("one of ").list(values),
    };
    message
        .push(": run `cargo metaxy -n ")
        .push(environment)
        .push(" migration generate NAME`")
        .fail();
}

const fn same(one: &[&str], other: &[&str]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if !equal(one[at], other[at]) {
            return false;
        }
        at += 1;
    }
    true
}

/// Whether a column of the SQL type `name` may be one of the SQL type `printed` in a `schema.rs`.
pub(super) const fn is_printed_as(name: &str, printed: &str) -> bool {
    let mut at = 0;
    while at < STORED.len() {
        if equal(STORED[at].name, name) {
            return equal(name, printed) || contains(&STORED[at].printed, printed);
        }
        at += 1;
    }
    equal(name, printed)
}

/// What snapshots of a database say of a type; `None`: it is not known here.
const fn word_of(database: &str, name: &str) -> Option<&'static str> {
    let mut at = 0;
    while at < STORED.len() {
        if equal(STORED[at].name, name) {
            let mut of = 0;
            while of < DATABASES.len() {
                if equal(DATABASES[of], database) {
                    return Some(STORED[at].words[of]);
                }
                of += 1;
            }
        }
        at += 1;
    }
    None
}

const fn starts_with(text: &str, start: &str) -> bool {
    let (text, start) = (text.as_bytes(), start.as_bytes());
    let mut at = 0;
    while at < start.len() {
        if at >= text.len() || text[at] != start[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Backend,
        schema::SqlType,
        sql_types::{FieldVersionsMap, SqlTypeInfo, UtcTimestamp},
    };
    use diesel::sql_types as diesel_types;

    /// The types, as the derive knows them.
    fn known() -> Vec<(&'static str, SqlType)> {
        macro_rules! known {
            ($($type:ty),*) => { vec![$((<$type>::NAME, <$type>::sql_type())),*] };
        }
        let mut known = known![
            diesel_types::SmallInt,
            diesel_types::Integer,
            diesel_types::BigInt,
            diesel_types::Float,
            diesel_types::Double,
            diesel_types::Bool,
            diesel_types::Text,
            diesel_types::Binary,
            diesel_types::Date,
            diesel_types::Time,
            diesel_types::Timestamp,
            diesel_types::Json,
            UtcTimestamp,
            FieldVersionsMap
        ];
        // Their traits come with Cargo features.
        let numeric = SqlType::Numeric { precision: None, scale: None };
        known.extend([("Jsonb", SqlType::Jsonb), ("Uuid", SqlType::Uuid), ("Numeric", numeric)]);
        known
    }

    /// The name of the type that Diesel gives this other name.
    fn resolved(printed: &str) -> String {
        match printed {
            "Int2" | "Smallint" => "SmallInt",
            "Int4" => "Integer",
            "Int8" | "Bigint" => "BigInt",
            "Float4" => "Float",
            "Float8" => "Double",
            "Varchar" | "Longtext" => "Text",
            "Longblob" | "Bytea" => "Binary",
            "Decimal" => "Numeric",
            other => other,
        }
        .to_owned()
    }

    #[test]
    fn types_are_stored_as_the_dialects_say() {
        let known = known();
        assert_eq!(known.len(), STORED.len());
        let as_dialects_say = |(name, sql_type): &(&'static str, SqlType)| {
            let of = DATABASES.map(|database| {
                let dialect = database.parse::<Backend>().expect("is a backend").dialect();
                if (dialect.type_name)(sql_type).is_err() {
                    return (String::new(), String::new());
                }
                let word = serde_json::to_value((dialect.stored_type)(sql_type)).expect("is JSON");
                let word = word.as_str().map_or_else(|| word.to_string(), str::to_owned);
                (word, (dialect.diesel_type)(sql_type).map(|it| resolved(&it)).unwrap_or_default())
            });
            let (words, printed): (Vec<_>, Vec<_>) = of.into_iter().unzip();
            (*name, words, printed)
        };
        let table = STORED.map(|it| {
            let owned = |of: [&str; 5]| of.map(str::to_owned).to_vec();
            (it.name, owned(it.words), owned(it.printed))
        });
        let said = known.iter().map(as_dialects_say);
        let missing: Vec<_> = said.filter(|it| !table.contains(it)).collect();
        assert!(missing.is_empty(), "not in the table: {missing:?}");
    }
}
