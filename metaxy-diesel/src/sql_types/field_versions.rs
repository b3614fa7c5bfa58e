//! [`FieldVersionsMap`] and its value in Rust, [`FieldVersions`].

use diesel::{deserialize::FromSqlRow, expression::AsExpression};
use metaxy_core::{HashLength, Json, JsonSchema, json_schema::Definitions, sample::provenance};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, ops::Index};

/// Field versions by struct key: `jsonb` on PostgreSQL, `json` on MySQL and MariaDB, `MAP(VARCHAR, VARCHAR)` on DuckDB, JSON
/// text on SQLite. In Rust: [`FieldVersions`].
///
/// MySQL compares no JSON with a text: filter there by a version, not by a whole map.
///
/// On PostgreSQL a column of type `json` is read and written too: Metaxy for Python has it in SQLModel's tables. On DuckDB a
/// `STRUCT`, as Metaxy for Python makes it, and `JSON` are read too.
#[derive(
    Debug, Clone, Copy, Default, diesel::sql_types::SqlType, diesel::query_builder::QueryId,
)]
#[diesel(
    postgres_type(oid = 3802, array_oid = 3807),
    sqlite_type(name = "Text"),
    mysql_type(name = "String")
)]
pub struct FieldVersionsMap;

/// The versions of a sample's fields, by [struct key](metaxy_core::FieldKey::struct_key), sorted by it.
///
/// ```
/// use metaxy_diesel::sql_types::FieldVersions;
///
/// let versions = FieldVersions::from([("frames", "v2"), ("audio", "v1")]);
/// assert_eq!(versions["audio"], "v1");
/// assert_eq!(versions.get("subtitles"), None);
/// assert_eq!(versions.values().collect::<Vec<_>>(), ["v1", "v2"]);
/// ```
#[derive(
    Debug,
    Clone,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    AsExpression,
    FromSqlRow,
)]
#[serde(transparent)]
#[diesel(sql_type = FieldVersionsMap)]
pub struct FieldVersions(#[serde(deserialize_with = "without_nulls")] BTreeMap<String, String>);

impl FieldVersions {
    /// The version of a field.
    pub fn get(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(String::as_str)
    }

    /// Sets the version of a field, and returns the former one.
    pub fn insert(
        &mut self,
        field: impl Into<String>,
        version: impl Into<String>,
    ) -> Option<String> {
        self.0.insert(field.into(), version.into())
    }

    /// The fields with their versions, sorted by field.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(field, version)| (field.as_str(), version.as_str()))
    }

    /// The versions, sorted by field.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.values().map(String::as_str)
    }

    /// The [provenance](metaxy_core::sample::provenance) of a sample with these field versions.
    pub fn provenance(&self, length: HashLength) -> String {
        provenance(&self.0, length)
    }

    /// The number of fields.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no field has a version.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Index<&str> for FieldVersions {
    type Output = String;

    /// # Panics
    ///
    /// Where the field has no version; [`FieldVersions::get`] does not.
    fn index(&self, field: &str) -> &String {
        self.0.get(field).unwrap_or_else(|| panic!("field `{field}` has no version in {self:?}"))
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for FieldVersions {
    fn from_iter<T: IntoIterator<Item = (K, V)>>(versions: T) -> Self {
        Self(versions.into_iter().map(|(field, version)| (field.into(), version.into())).collect())
    }
}

impl<K: Into<String>, V: Into<String>, const N: usize> From<[(K, V); N]> for FieldVersions {
    fn from(versions: [(K, V); N]) -> Self {
        versions.into_iter().collect()
    }
}

impl From<BTreeMap<String, String>> for FieldVersions {
    fn from(versions: BTreeMap<String, String>) -> Self {
        Self(versions)
    }
}

impl From<FieldVersions> for BTreeMap<String, String> {
    fn from(versions: FieldVersions) -> Self {
        versions.0
    }
}

impl IntoIterator for FieldVersions {
    type Item = (String, String);
    type IntoIter = std::collections::btree_map::IntoIter<String, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// As Python's `dict[str, str]`.
impl JsonSchema for FieldVersions {
    fn json_schema(definitions: &mut Definitions) -> Json {
        BTreeMap::<String, String>::json_schema(definitions)
    }
}

/// A version may be NULL in a map that Metaxy for Python wrote: here such a field has none.
fn without_nulls<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    let versions = BTreeMap::<String, Option<String>>::deserialize(deserializer)?;
    Ok(versions.into_iter().filter_map(|(field, version)| Some((field, version?))).collect())
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use super::{FieldVersions, FieldVersionsMap};
    use diesel::{
        deserialize::{self, FromSql},
        serialize::{self, IsNull, Output, ToSql},
        sqlite::{Sqlite, SqliteValue},
    };

    impl ToSql<FieldVersionsMap, Sqlite> for FieldVersions {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
            out.set_value(serde_json::to_string(self)?);
            Ok(IsNull::No)
        }
    }

    impl FromSql<FieldVersionsMap, Sqlite> for FieldVersions {
        fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
            Ok(serde_json::from_str(value.read_text())?)
        }
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use super::{FieldVersions, FieldVersionsMap};
    use diesel::{
        deserialize::{self, FromSql},
        pg::{Pg, PgValue},
        serialize::{self, IsNull, Output, ToSql},
    };
    use std::io::Write;

    /// The only version of `jsonb`'s binary form. It goes before the text (`jsonb_recv` of PostgreSQL), and no text
    /// of JSON starts with it, which tells `jsonb` from `json`.
    const JSONB_VERSION: u8 = 1;

    impl ToSql<FieldVersionsMap, Pg> for FieldVersions {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
            out.write_all(&[JSONB_VERSION])?;
            serde_json::to_writer(out, self)?;
            Ok(IsNull::No)
        }
    }

    impl FromSql<FieldVersionsMap, Pg> for FieldVersions {
        fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
            let bytes = value.as_bytes();
            Ok(serde_json::from_slice(bytes.strip_prefix(&[JSONB_VERSION]).unwrap_or(bytes))?)
        }
    }
}

#[cfg(feature = "mysql")]
mod mysql {
    use super::{FieldVersions, FieldVersionsMap};
    use diesel::{
        deserialize::{self, FromSql},
        mysql::{Mysql, MysqlValue},
        serialize::{self, IsNull, Output, ToSql},
    };

    impl ToSql<FieldVersionsMap, Mysql> for FieldVersions {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Mysql>) -> serialize::Result {
            serde_json::to_writer(out, self)?;
            Ok(IsNull::No)
        }
    }

    impl FromSql<FieldVersionsMap, Mysql> for FieldVersions {
        fn from_sql(value: MysqlValue<'_>) -> deserialize::Result<Self> {
            Ok(serde_json::from_slice(value.as_bytes())?)
        }
    }
}

#[cfg(feature = "duckdb")]
mod duckdb {
    use super::{FieldVersions, FieldVersionsMap};
    use diesel::{
        deserialize::{self, FromSql},
        serialize::{self, Output, ToSql},
        sql_types::{HasSqlType, Nullable, Text},
    };
    use diesel_duckdb::{DuckDb, DuckDbValue, sql_types::Map};
    use std::collections::BTreeMap;

    impl HasSqlType<FieldVersionsMap> for DuckDb {
        fn metadata((): &mut ()) {}
    }

    impl ToSql<FieldVersionsMap, DuckDb> for FieldVersions {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DuckDb>) -> serialize::Result {
            ToSql::<Map<Text, Text>, DuckDb>::to_sql(&self.0, out)
        }
    }

    impl FromSql<FieldVersionsMap, DuckDb> for FieldVersions {
        fn from_sql(value: DuckDbValue<'_>) -> deserialize::Result<Self> {
            if let Ok(json) = value.text() {
                return Ok(serde_json::from_str(json)?);
            }
            type Versions = BTreeMap<String, Option<String>>;
            let versions =
                <Versions as FromSql<Map<Text, Nullable<Text>>, DuckDb>>::from_sql(value)?;
            let there = versions.into_iter().filter_map(|(field, version)| Some((field, version?)));
            Ok(there.collect())
        }
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;
    use diesel::{prelude::*, sql_types::Text};

    diesel::table! {
        use diesel::sql_types::{Integer, Nullable};
        use super::FieldVersionsMap;

        samples (id) {
            id -> Integer,
            versions -> FieldVersionsMap,
            former -> Nullable<FieldVersionsMap>,
        }
    }

    #[derive(Debug, PartialEq, Queryable, Insertable)]
    struct Sample {
        id: i32,
        versions: FieldVersions,
        former: Option<FieldVersions>,
    }

    fn connection() -> SqliteConnection {
        let mut connection = SqliteConnection::establish(":memory:").expect("opens in memory");
        diesel::sql_query(
            "CREATE TABLE samples (id INTEGER PRIMARY KEY, versions TEXT NOT NULL, former TEXT)",
        )
        .execute(&mut connection)
        .expect("creates the table");
        connection
    }

    #[test]
    fn maps_come_back_and_compare() {
        let connection = &mut connection();
        let versions = FieldVersions::from([("frames", "2"), ("audio", "é\"")]);
        let sample = Sample { id: 1, versions: versions.clone(), former: None };
        diesel::insert_into(samples::table).values(&sample).execute(connection).expect("inserts");

        let same = samples::table.filter(samples::versions.eq(&versions));
        assert_eq!(same.load::<Sample>(connection).expect("loads"), [sample]);
        let set = diesel::update(samples::table).set(samples::former.eq(versions.clone()));
        set.execute(connection).expect("updates");
        let former = samples::table.filter(samples::former.eq(&versions)).select(samples::former);
        assert_eq!(
            former.first::<Option<FieldVersions>>(connection).expect("loads"),
            Some(versions)
        );
        let text = samples::table
            .select(diesel::dsl::sql::<Text>("versions"))
            .first::<String>(connection)
            .expect("loads");
        assert_eq!(text, r#"{"audio":"é\"","frames":"2"}"#);
    }

    #[test]
    fn a_null_is_no_version_and_other_json_is_refused() {
        let read = |json| serde_json::from_str::<FieldVersions>(json).ok();
        assert_eq!(read(r#"{"b": null, "a": "1"}"#), Some(FieldVersions::from([("a", "1")])));
        assert_eq!(read(r#"{"a": 1}"#), None);
        assert_eq!(read("[]"), None);
    }
}
