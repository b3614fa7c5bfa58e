//! Enums that are types of the database: in features, in migrations, and in Diesel's queries on real databases.

#![cfg(all(feature = "sqlite", feature = "postgres", feature = "mysql"))]
#![allow(missing_docs)]

#[path = "../metaxy-diesel/tests/support/mod.rs"]
mod support;

use diesel::prelude::*;
use metaxy::{Feature, FeatureTable, Schema, SqlEnum, diff::diff, plan::plan};
use metaxy_diesel::{
    Backend,
    backend::Connection,
    drift::drift,
    lower::{FeatureInput, LowerOptions, lower},
};
use support::{TestDatabase, mysql_servers};

/// How someone feels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, SqlEnum)]
#[metaxy(name = "feeling", renamed_from = "mood")]
#[serde(rename_all = "snake_case")]
pub enum Mood {
    VeryHappy,
    #[serde(rename = "it's ok")]
    Ok,
    #[metaxy(renamed_from = "sad")]
    Blue,
}

#[derive(Debug, PartialEq, Feature, Queryable, Selectable, Insertable)]
#[diesel(table_name = face)]
#[metaxy(key = "face", id_columns(face_id))]
pub struct Face {
    face_id: i32,
    #[metaxy(sql_type = Mood, default = "very_happy", index)]
    mood: Mood,
    #[metaxy(sql_type = Mood)]
    before: Option<Mood>,
}

#[test]
fn variants_are_values_of_rows() {
    use metaxy::rows::{FromValue, ToValue, Value};

    for (mood, text) in [(Mood::VeryHappy, "very_happy"), (Mood::Ok, "it's ok")] {
        assert_eq!(mood.to_value(), Value::from(text));
        assert_eq!(Mood::from_value(&text.into()), Some(mood));
    }
    assert_eq!(Mood::from_value(&"sad".into()), None);
    assert_eq!(None::<Mood>.to_value(), Value::Null);
}

fn schema(backend: Backend, table_prefix: &str) -> Schema {
    let (key, id_columns) = (Face::key(), ["face_id".to_owned()]);
    let feature = FeatureInput { key: &key, id_columns: &id_columns, table: Face::TABLE };
    let options = LowerOptions {
        table_prefix,
        inject_primary_key: true,
        inject_index: false,
        dialect: backend.dialect(),
        distributed_by: None,
        others: &Default::default(),
    };
    lower([feature], &options).expect("the feature has a table")
}

/// Rows by way of Diesel, on any connection.
macro_rules! rows {
    ($connection:expr) => {{
        let connection = $connection;
        for (id, mood, before) in
            [(1, Mood::VeryHappy, None), (2, Mood::Ok, Some(Mood::Blue)), (3, Mood::Blue, None)]
        {
            let moment = metaxy::sql_types::UtcDateTime::from(chrono::DateTime::UNIX_EPOCH);
            let none = metaxy::sql_types::FieldVersions::default();
            let user = (face::face_id.eq(id), face::mood.eq(mood), face::before.eq(before));
            let system = (
                face::metaxy_provenance.eq(""),
                face::metaxy_provenance_by_field.eq(&none),
                face::metaxy_feature_version.eq(""),
                face::metaxy_project_version.eq(""),
                face::metaxy_data_version.eq(""),
                face::metaxy_data_version_by_field.eq(&none),
                face::metaxy_created_at.eq(moment),
                face::metaxy_updated_at.eq(moment),
            );
            let insert = diesel::insert_into(face::table).values((user, system));
            insert.execute(connection).expect("the row can be inserted");
        }
        let known = face::table.filter(face::mood.ne(Mood::VeryHappy)).order(face::face_id);
        let found: Vec<Face> = known.select(Face::as_select()).load(connection).expect("rows");
        let moods: Vec<Mood> = face::table
            .filter(face::mood.eq_any([Mood::Ok, Mood::VeryHappy]).and(face::before.is_null()))
            .select(face::mood)
            .load(connection)
            .expect("values");
        (found, moods)
    }};
}

fn enums_go_there_and_back(backend: Backend) {
    let database = TestDatabase::new(backend);
    let (mut connection, schema) = (database.connect(), schema(backend, ""));
    let changes = diff(&Schema::default(), &schema, backend.dialect()).expect("it can be created");
    let create = plan(&changes, backend.dialect(), &[]).expect("nothing is lost");
    connection.execute_script(&create.up_sql()).expect("it is created");
    assert_eq!(drift(&mut connection, &schema).expect("it can be read"), [""; 0]);
    let (found, moods) = match &mut connection {
        Connection::Sqlite(it) => rows!(it),
        Connection::Postgres(it) => rows!(it),
        Connection::Mysql(it) | Connection::MariaDb(it) => rows!(it),
        _ => unreachable!("these are all"),
    };
    let face = |face_id, mood, before| Face { face_id, mood, before };
    let expected = [face(2, Mood::Ok, Some(Mood::Blue)), face(3, Mood::Blue, None)];
    assert_eq!((found.as_slice(), moods.as_slice()), (&expected[..], &[Mood::VeryHappy][..]));
    connection.execute_script("UPDATE face SET mood = 'odd'").expect_err("it is no value");
    connection.execute_script(&create.down_sql()).expect("it is dropped");
}

#[test]
fn enums_go_there_and_back_on_sqlite() {
    enums_go_there_and_back(Backend::Sqlite);
}

#[test]
fn enums_go_there_and_back_on_postgres() {
    enums_go_there_and_back(Backend::Postgres);
}

#[test]
fn enums_go_there_and_back_on_mysql_and_mariadb() {
    mysql_servers().for_each(enums_go_there_and_back);
}

#[test]
fn the_schema_has_the_type_with_its_hints() {
    let schema = schema(Backend::Postgres, "a_");
    let of = schema.enums.values().next().expect("there is one");
    assert_eq!(of.name.name, "a_feeling");
    assert_eq!(of.renamed_from.as_ref().map(|it| it.name.as_str()), Some("a_mood"));
    assert_eq!(of.values, ["very_happy", "it's ok", "blue"]);
    assert_eq!(of.renamed_values.get("blue").map(String::as_str), Some("sad"));
    let table = schema.tables.values().next().expect("there is one");
    assert_eq!(table.columns[1].sql_type.to_string(), "a_feeling");
    assert_eq!(table.columns[2].sql_type, table.columns[1].sql_type);
}

/// That of pydantic 2.12.5 for `class Mood(str, Enum)` with this docstring.
#[test]
fn the_json_schema_is_that_of_python() {
    let definition = Face::definition();
    let schema = definition.schema.json();
    assert_eq!(
        schema.get("$defs").expect("there are definitions").dumps(),
        r#"{"Mood": {"description": "How someone feels.", "enum": ["very_happy", "it's ok", "blue"], "title": "Mood", "type": "string"}}"#
    );
}
