//! Columns of derived features: in Diesel's table, in what migrations read, and on a database.

#![allow(missing_docs)]

mod common;

use common::{Video, video__raw};
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use metaxy::schema::{Action, Deferrable, Identity, SqlType, Storage};
use metaxy::sql_types::{FieldVersions, UtcDateTime};
use metaxy::table::{ColumnDef, DefaultDef, ForeignKeyTarget};
use metaxy::{Feature, FeatureTable, JsonSchema};

mod elsewhere {
    /// As `diesel_derive_enum` makes it.
    #[derive(diesel::sql_types::SqlType, diesel::query_builder::QueryId)]
    #[diesel(sqlite_type(name = "Text"))]
    pub struct ColorMapping;
}

use elsewhere::ColorMapping;

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is looked at")]
enum Color {
    Red,
}

// Columns that are called like these must not be taken for them.
#[expect(dead_code, reason = "only its name matters")]
fn checked() {}
#[expect(unused_imports, reason = "only its name matters")]
use std::path as fallback;

#[derive(Feature)]
#[metaxy(key = "type", id_columns("use", "sample id"))]
#[expect(dead_code, reason = "only its table is looked at")]
struct Columns {
    #[metaxy(name = "use")]
    use_: String,
    #[metaxy(name = "sample id", unique)]
    sample_id: i64,
    r#match: Option<bool>,
    /// How it is called.
    #[metaxy(length = 100, default = "it's", index, renamed_from = "title")]
    label: String,
    #[metaxy(default = -3, check = "checked > -10")]
    checked: i32,
    #[metaxy(default = 2.5)]
    ratio: Option<f32>,
    #[metaxy(default_sql = "now()")]
    moment: UtcDateTime,
    #[metaxy(sql_type = ColorMapping, ddl = "color")]
    color: Color,
    #[metaxy(sql_type = elsewhere::ColorMapping, ddl = "color")]
    fallback: Option<Color>,
    #[metaxy(sql_type = diesel::sql_types::Numeric, json_schema = { "type": "number" })]
    price: u128,
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
    #[metaxy(json_schema = {})]
    free: Option<std::num::NonZeroU8>,
    #[diesel(column_name = stored, serialize_as = String, deserialize_as = String)]
    #[metaxy(json_schema = {})]
    parsed: std::num::NonZeroU8,
    #[metaxy(foreign_key(feature = Video, column = video_id, on_delete = cascade, deferrable = deferred))]
    video: String,
    #[metaxy(foreign_key(feature = "other/feature", column = "an id", on_update = set_null))]
    other: Option<String>,
    #[metaxy(foreign_key(table = "users", column = id))]
    user: i64,
    #[metaxy(skip)]
    not_a_column: std::path::PathBuf,
    #[diesel(embed)]
    embedded: (),
    #[diesel(select_expression = 1.into_sql::<diesel::sql_types::Integer>())]
    computed: i32,
    #[metaxy(system)]
    metaxy_updated_at: UtcDateTime,
}

#[test]
fn names_that_are_no_identifiers_reach_sql() {
    use type_::table;
    let sql = diesel::debug_query::<Sqlite, _>(&table.select((
        type_::use_,
        type_::sample_id,
        type_::r#match,
        type_::metaxy_updated_at,
    )))
    .to_string();
    assert_eq!(
        sql,
        "SELECT `type`.`use`, `type`.`sample id`, `type`.`match`, `type`.`metaxy_updated_at` FROM `type` -- binds: []"
    );
    let sql =
        diesel::debug_query::<Sqlite, _>(&table.select(type_::price + type_::price)).to_string();
    assert_eq!(sql, "SELECT (`type`.`price` + `type`.`price`) FROM `type` -- binds: []");
}

#[test]
fn the_primary_key_in_diesel_is_the_version_the_ids_and_the_moment() {
    let key: (
        video__raw::metaxy_feature_version,
        video__raw::video_id,
        video__raw::metaxy_updated_at,
    ) = diesel::Table::primary_key(&video__raw::table);
    let sql = diesel::debug_query::<Sqlite, _>(&video__raw::table.select(key)).to_string();
    assert_eq!(
        sql,
        "SELECT `video__raw`.`metaxy_feature_version`, `video__raw`.`video_id`, \
         `video__raw`.`metaxy_updated_at` FROM `video__raw` -- binds: []"
    );
}

#[test]
fn system_columns_come_last_in_their_order() {
    let sql = diesel::debug_query::<Sqlite, _>(&video__raw::table.select(video__raw::all_columns))
        .to_string();
    let (select, _) = sql.split_once(" FROM ").expect("it selects from a table");
    let columns: Vec<_> = select.split('`').skip(3).step_by(4).collect();
    let expected: Vec<_> =
        Video::COLUMNS.iter().chain(&metaxy::system::SYSTEM_COLUMNS).copied().collect();
    assert_eq!(columns, expected);
}

fn column(name: &str) -> &'static ColumnDef {
    let found = Columns::TABLE.columns.iter().find(|it| it.name == name);
    found.expect("it is a column")
}

#[test]
fn only_columns_are_columns() {
    assert_eq!(
        Columns::COLUMNS,
        [
            "use",
            "sample id",
            "match",
            "label",
            "checked",
            "ratio",
            "moment",
            "color",
            "fallback",
            "price",
            "free",
            "stored",
            "video",
            "other",
            "user"
        ]
    );
    let names: Vec<_> = Columns::TABLE.columns.iter().map(|it| it.name).collect();
    assert_eq!(names, Columns::COLUMNS);
}

#[test]
fn types_and_nullability_follow_from_rust_types_or_are_named() {
    let check = |name, sql_type, nullable| {
        let column = column(name);
        assert_eq!(((column.sql_type)(), column.nullable), (sql_type, nullable), "{name}");
    };
    check("use", SqlType::Text, false);
    check("sample id", SqlType::BigInt, false);
    check("match", SqlType::Bool, true);
    check("ratio", SqlType::Float, true);
    check("moment", SqlType::UtcTimestamp, false);
    check("color", SqlType::Other("color".to_owned()), false);
    check("fallback", SqlType::Other("color".to_owned()), true);
    check("price", SqlType::Numeric { precision: None, scale: None }, false);
    check("free", SqlType::Text, true);
    check("stored", SqlType::Text, false);
    assert_eq!(Columns::COLUMN_TYPES.len(), Columns::COLUMNS.len());
    assert_eq!(Columns::COLUMN_TYPES[..3], ["Text", "BigInt", "Bool"]);
    assert_eq!(Columns::COLUMN_TYPES[7], "color");
}

#[test]
fn options_of_columns_reach_the_table() {
    let label = column("label");
    assert_eq!(
        (label.length, label.index, label.unique, label.renamed_from, label.comment),
        (Some(100), true, false, Some("title"), None)
    );
    assert!(matches!(label.default, Some(DefaultDef::Text("it's"))));
    assert!(column("sample id").unique && !column("sample id").index);
    assert!(matches!(column("checked").default, Some(DefaultDef::Int(-3))));
    assert_eq!(column("checked").check, Some("checked > -10"));
    assert!(matches!(column("ratio").default, Some(DefaultDef::Float(2.5))));
    assert!(matches!(column("moment").default, Some(DefaultDef::Expression("now()"))));
    assert!(column("match").default.is_none());
}

#[test]
fn foreign_keys_point_to_features_and_tables() {
    let keys = Columns::TABLE.foreign_keys;
    let key = |name| keys.iter().find(|it| it.columns == [name]).expect("it has a foreign key");
    let (video, other, user) = (key("video"), key("other"), key("user"));
    assert!(matches!(video.target, ForeignKeyTarget::Feature("video/raw")));
    assert_eq!(
        (video.references, video.on_delete, video.on_update, video.deferrable),
        (&["video_id"][..], Action::Cascade, Action::NoAction, Deferrable::Deferred)
    );
    assert!(matches!(other.target, ForeignKeyTarget::Feature("other/feature")));
    assert_eq!((other.references, other.on_update), (&["an id"][..], Action::SetNull));
    assert_eq!(other.deferrable, Deferrable::No);
    assert!(matches!(user.target, ForeignKeyTarget::Table { schema: None, name: "users" }));
}

/// Columns that the database fills.
#[derive(Feature, Queryable, Selectable, Insertable)]
#[diesel(table_name = page)]
#[metaxy(key = "page", id_columns(page_id), comment = "Pages of books.")]
#[expect(dead_code, reason = "only its columns are looked at")]
struct Page {
    page_id: i64,
    /// Not for the database.
    #[metaxy(collation = "C", comment = "as printed")]
    title: String,
    #[metaxy(generated = "upper(title)")]
    #[diesel(skip_insertion)]
    heading: String,
    #[metaxy(generated(virtual = "page_id + 1"))]
    #[diesel(skip_insertion)]
    next: Option<i64>,
    #[metaxy(identity)]
    number: i64,
    #[metaxy(identity(always))]
    #[diesel(skip_insertion)]
    serial: i32,
    #[metaxy(identity(start = 20, increment = -5))]
    downwards: i64,
}

#[test]
fn columns_that_the_database_fills_reach_the_table_and_no_insert() {
    let column = |name| Page::TABLE.columns.iter().find(|it| it.name == name).expect("is there");
    let generated = |name| column(name).generated.map(|it| (it.expression, it.storage));
    assert_eq!(generated("heading"), Some(("upper(title)", Storage::Stored)));
    assert_eq!(generated("next"), Some(("page_id + 1", Storage::Virtual)));
    assert_eq!(column("number").identity, Some(Identity::BY_DEFAULT));
    assert_eq!(column("serial").identity, Some(Identity::ALWAYS));
    let downwards = Identity { start: 20, increment: -5, ..Identity::BY_DEFAULT };
    assert_eq!(column("downwards").identity, Some(downwards));
    assert_eq!(
        (column("title").collation, column("title").comment),
        (Some("C"), Some("as printed"))
    );
    assert_eq!(Page::TABLE.comment, Some("Pages of books."));

    let row = Page {
        page_id: 1,
        title: "t".to_owned(),
        heading: String::new(),
        next: None,
        number: 2,
        serial: 0,
        downwards: 3,
    };
    let insert = diesel::insert_into(page::table).values(&row);
    assert_eq!(
        diesel::debug_query::<Sqlite, _>(&insert).to_string(),
        "INSERT INTO `page` (`page_id`, `title`, `number`, `downwards`) VALUES (?, ?, ?, ?) -- binds: [1, \"t\", 2, 3]"
    );
}

/// In another module, and joined by the type of what it depends on.
mod downstream {
    use super::*;

    #[derive(Feature, Queryable, Selectable, Insertable, Debug, PartialEq)]
    #[diesel(table_name = video__crop)]
    #[metaxy(key = "video/crop", id_columns(video_id), deps(crate::Video))]
    pub struct Crop {
        pub video_id: String,
        pub width: i32,
    }
}

#[test]
fn a_feature_joins_what_it_depends_on() {
    use downstream::video__crop;
    let query = video__crop::table
        .inner_join(video__raw::table.on(video__raw::video_id.eq(video__crop::video_id)))
        .filter(video__raw::duration.gt(1.0))
        .select((video__crop::width, video__raw::path));
    assert_eq!(
        diesel::debug_query::<Sqlite, _>(&query).to_string(),
        "SELECT `video__crop`.`width`, `video__raw`.`path` FROM (`video__crop` INNER JOIN `video__raw` \
         ON (`video__raw`.`video_id` = `video__crop`.`video_id`)) WHERE (`video__raw`.`duration` > ?) -- binds: [1.0]"
    );
}

/// A row with its system columns, which the struct selects and inserts as any other.
#[derive(Feature, Queryable, Selectable, Insertable, Debug, Clone, PartialEq)]
#[diesel(table_name = frame)]
#[metaxy(key = "frame", id_columns(frame_id))]
struct Frame {
    frame_id: i64,
    label: Option<String>,
    #[metaxy(system)]
    metaxy_provenance_by_field: FieldVersions,
    #[metaxy(system)]
    metaxy_updated_at: UtcDateTime,
}

#[test]
fn rows_go_through_sqlite() {
    let mut connection = SqliteConnection::establish(":memory:").expect("SQLite opens");
    // What migrations write is tested with them: here the other columns may be NULL.
    let columns = ["metaxy_provenance", "metaxy_feature_version", "metaxy_project_version"]
        .into_iter()
        .chain(["metaxy_data_version", "metaxy_data_version_by_field", "metaxy_created_at"])
        .chain(["metaxy_deleted_at", "metaxy_materialization_id", "metaxy_provenance_by_field"])
        .collect::<Vec<_>>()
        .join(" TEXT, ");
    diesel::sql_query(format!(
        "CREATE TABLE frame (frame_id BIGINT, label TEXT, {columns} TEXT, metaxy_updated_at TEXT)"
    ))
    .execute(&mut connection)
    .expect("the table is created");

    let row = Frame {
        frame_id: 1 << 40,
        label: None,
        metaxy_provenance_by_field: [("audio", "1a"), ("frames", "2b")]
            .map(|(field, version)| (field.to_owned(), version.to_owned()))
            .into_iter()
            .collect(),
        metaxy_updated_at: UtcDateTime::now(),
    };
    diesel::insert_into(frame::table)
        .values(&[row.clone(), Frame { frame_id: 2, label: Some("two".to_owned()), ..row.clone() }])
        .execute(&mut connection)
        .expect("two rows are inserted");
    let found: Vec<Frame> = frame::table
        .filter(frame::label.is_null())
        .select(Frame::as_select())
        .load(&mut connection)
        .expect("rows are read");
    assert_eq!(found, [row]);
}

/// Accounts, in a schema of their own.
#[derive(Feature)]
#[metaxy(key = "account", id_columns(part, number), schema = "auth", unique(part, number))]
#[expect(dead_code, reason = "only its table is looked at")]
struct Account {
    part: String,
    number: i64,
}

#[derive(Feature)]
#[metaxy(
    key = "login",
    id_columns(login_id),
    foreign_key(columns(part, number), feature = Account, match_full, on_delete = cascade),
    foreign_key(columns("of part", metaxy_feature_version), table = "parts", schema = "public", references(name, version))
)]
#[expect(dead_code, reason = "only its table is looked at")]
struct Login {
    login_id: i64,
    part: Option<String>,
    number: Option<i64>,
    #[metaxy(name = "of part")]
    of_part: String,
}

#[test]
fn foreign_keys_have_several_columns() {
    let [account, part] = Login::TABLE.foreign_keys else { panic!("it has two") };
    assert!(matches!(account.target, ForeignKeyTarget::Feature("account")));
    assert_eq!(account.columns, ["part", "number"]);
    assert_eq!(account.references, ["part", "number"]);
    assert_eq!((account.match_full, account.on_delete), (true, Action::Cascade));
    let schema = Some("public");
    assert!(
        matches!(part.target, ForeignKeyTarget::Table { schema: found, name: "parts" } if found == schema)
    );
    assert_eq!(part.columns, ["of part", "metaxy_feature_version"]);
    assert_eq!(part.references, ["name", "version"]);
}

#[test]
fn a_schema_qualifies_the_table() {
    assert_eq!(Account::TABLE.schema, Some("auth"));
    let sql = diesel::debug_query::<Sqlite, _>(&account::table.select(account::number)).to_string();
    assert_eq!(sql, "SELECT `auth`.`account`.`number` FROM `auth`.`account` -- binds: []");
}
