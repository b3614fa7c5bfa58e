//! Feature metadata for data and ML pipelines on Diesel: one struct is feature, table and source of migrations.
//!
//! A *feature* is a table of samples, its *fields* are the logical parts of the data, and versions are hashed along the graph
//! of fields: a change recomputes only what depends on it.
//!
//! ```
//! use diesel::prelude::*;
//! use metaxy::Feature;
//!
//! /// Photos, as they came in.
//! #[derive(Feature, Queryable, Selectable, Insertable)]
//! #[diesel(table_name = front__photo)]
//! #[metaxy(key = "front/photo", id_columns(photo_id), fields(pixels(code_version = "1"), exif))]
//! pub struct Photo {
//!     pub photo_id: String,
//!     #[metaxy(index)]
//!     pub path: String,
//! }
//!
//! /// Thumbnails: of the pixels alone, whatever the camera wrote beside them.
//! #[derive(Feature, Queryable, Selectable, Insertable)]
//! #[diesel(table_name = front__thumbnail)]
//! #[metaxy(
//!     key = "front/thumbnail",
//!     id_columns(photo_id),
//!     deps(Photo),
//!     fields(image(code_version = "1", deps(Photo(pixels))))
//! )]
//! pub struct Thumbnail {
//!     pub photo_id: String,
//!     pub width: i32,
//! }
//! # fn main() {}
//! ```
//!
//! `cargo metaxy migration generate NAME` writes the migrations of their tables, and `cargo metaxy migration run` applies them: the
//! [quickstart] goes from an empty directory to rows in five minutes, and the [book] has all the rest.
//!
//! | to | |
//! |---|---|
//! | declare features | [`derive(Feature)`](derive@Feature), with all attributes; [`SqlEnum`](derive@SqlEnum) for columns, [`feature_base!`] for what many share, [`external_features!`] for those of other projects |
//! | load graph and configuration | [`init()`](fn@init): all features that are linked, and `metaxy.toml` |
//! | write, read and resolve rows | [`rows`], with [`ToRow`](derive@ToRow), [`FromRow`](derive@FromRow) and [`FeatureInput`](derive@FeatureInput) |
//! | have the command line in a binary of your own | [`main!`] |
//! | run migrations within a program | [`embedded`] |
//! | know which tables a store should have | [`filter_feature_schema`], [`system_schema`] |
//! | write and run migrations yourself | [`generate`], [`apply`] |
//!
//! # Cargo features
//!
//! | | |
//! |---|---|
//! | `sqlite-bundled` (default), `sqlite` | SQLite, built in or that of the system |
//! | `postgres-bundled`, `postgres` | PostgreSQL, by a libpq that is built in (without TLS) or that of the system |
//! | `mysql` | MySQL and MariaDB, by the client library of the system |
//! | `duckdb` | DuckDB, by a library that is there |
//! | `cli` (default) | the command line: [`main!`] and [`cli`] |
//! | `async` | rows over `diesel-async` |
//! | `arrow` | rows as Arrow's record batches |
//! | `uuid`, `bigdecimal` | columns of these types |
//!
//! [quickstart]: https://github.com/metaxy-rs/metaxy/blob/main/docs/quickstart.md
//! [book]: https://github.com/metaxy-rs/metaxy/blob/main/docs/SUMMARY.md

#[cfg(feature = "cli")]
pub mod cli;
mod environment;
mod filter;
mod init;

pub use environment::{Environment, EnvironmentName, EnvironmentNameError, Scope};
pub use filter::{FilterOptions, SchemaError, filter_feature_schema, system_schema};
pub use init::{InitError, Metaxy, StoreLookupError, UnknownFeature, init};
pub use metaxy_core::{
    DefaultFieldsMapping, Feature, FeatureDefinition, FeatureDep, FeatureGraph, FeatureKey,
    FeatureSpec, FeatureVersions, FieldDep, FieldDeps, FieldKey, FieldSpec, FieldsMapping,
    GraphError, HashLength, Json, JsonSchema, KeyError, Lineage, Location, config, graph,
    json_schema, lock,
};
#[doc = include_str!("derive.md")]
// The book's page of attributes is the same file, with other targets.
///
/// [trait]: trait@crate::Feature
/// [table]: crate::FeatureTable
/// [external]: crate::external_features
/// [base]: crate::feature_base
/// [enum]: crate::SqlEnum
/// [assert]: crate::assert_schema
/// [moment]: crate::sql_types::UtcDateTime
/// [input]: crate::FeatureInput
pub use metaxy_derive::Feature;

/// Lets a struct be loaded from what a feature is made from: from the sets of its
/// [increment](rows::OpenStore::resolve_update), whose rows have the columns of upstream features after `rename` and `select`.
///
/// The compiler finds each field among them: by the name of the column, which is that of the field, `#[diesel(column_name = …)]` or
/// `#[metaxy(name = "…")]`, and by its SQL type. What may be NULL there, or is of an optional dependency, is an `Option` here. Types
/// of your own name their SQL type as in features, `#[metaxy(sql_type = Mood)]`; a field that is skipped gets its default. Of a
/// dependency by key only the columns that it selects are known: others are looked for when rows are loaded.
///
/// ```
/// use metaxy::{Feature, FeatureInput};
///
/// #[derive(Feature)]
/// #[metaxy(key = "input/video", id_columns(video_id))]
/// struct Video {
///     video_id: String,
///     path: String,
///     height: Option<i32>,
/// }
///
/// #[derive(Feature)]
/// #[metaxy(
///     key = "input/crop",
///     id_columns(video_id),
///     deps(Video(rename(path = "source"), select(source, height)))
/// )]
/// struct Crop {
///     video_id: String,
/// }
///
/// #[derive(FeatureInput)]
/// #[metaxy(feature = Crop)]
/// struct CropInput {
///     video_id: String,
///     source: String,
///     height: Option<i32>,
/// }
/// # use diesel as _;
/// ```
///
/// A field `path: String` is an error at that field:
///
/// ```text
/// samples of feature `input/crop` are made from no column `path`: name one of `video_id`, `source`, `height`
/// ```
pub use metaxy_derive::FeatureInput;

/// Lets rows of any columns be read into a struct: those of an increment, or of a feature that derives it.
///
/// A field is the column of its name, `#[diesel(column_name = …)]` or `#[metaxy(name = "…")]`; one that is skipped gets its
/// default.
///
/// ```
/// use metaxy::rows::Row;
///
/// #[derive(metaxy::FromRow, Debug, PartialEq)]
/// struct Input {
///     video_id: String,
///     height: Option<i32>,
/// }
///
/// let row = Row::from([("video_id", "v1".into()), ("height", metaxy::rows::Value::Null)]);
/// assert_eq!(row.to::<Input>()?, Input { video_id: "v1".to_owned(), height: None });
/// assert_eq!(
///     Row::default().to::<Input>().unwrap_err().to_string(),
///     "the row has no column `video_id`"
/// );
/// # Ok::<(), metaxy::rows::RowError>(())
/// ```
pub use metaxy_derive::FromRow;

/// Gives an enum or a struct, as the type of a column, the JSON schema that its Python counterpart has.
///
/// Of serde's attributes it honours `rename` and `rename_all`; a field takes `#[metaxy(default = …)]`.
///
/// ```
/// use metaxy::json_schema::{ColumnSchema, SchemaBuilder};
///
/// #[derive(metaxy::JsonSchema)]
/// #[serde(rename_all = "snake_case")]
/// enum Color {
///     DarkRed,
///     Blue,
/// }
///
/// let column = ColumnSchema { name: "color", ..ColumnSchema::default() };
/// let schema = SchemaBuilder::new("Photo", None).column::<Color>(column).build();
/// assert_eq!(
///     schema.get("$defs").unwrap().dumps(),
///     r#"{"Color": {"enum": ["dark_red", "blue"], "title": "Color", "type": "string"}}"#
/// );
/// ```
pub use metaxy_derive::JsonSchema;

/// Makes an enum an enumerated type of the database: `CREATE TYPE … AS ENUM` on PostgreSQL, `ENUM (…)` on MySQL and MariaDB,
/// a text with a check on SQLite. Migrations create and change it.
///
/// The enum is its own Diesel SQL type, on every database: a column of a feature, or of any `table!`, names it, for which the
/// enum is `pub`. Its values are those that serde writes (`rename`, `rename_all`), and its JSON schema is that of
/// Python's `class Mood(str, Enum)`.
///
/// | | |
/// |---|---|
/// | `#[metaxy(name = "mood")]` | the type's name; by default that of the enum in snake case |
/// | `#[metaxy(schema = "media")]` | the type's schema (namespace), on PostgreSQL |
/// | `#[metaxy(renamed_from = "feeling")]` | the type has another name |
/// | `#[metaxy(renamed_from = "sad")]` on a variant | the value has another name: rows keep it |
///
/// A value is added wherever its variant stands. One that goes has to be allowed (`--allow-destructive table.column`), and is
/// refused by the database where a row has it.
///
/// ```
/// use diesel::prelude::*;
///
/// #[derive(Debug, Clone, Copy, PartialEq, Eq, metaxy::SqlEnum)]
/// #[serde(rename_all = "snake_case")]
/// pub enum Mood {
///     Happy,
///     #[metaxy(renamed_from = "sad")]
///     Blue,
/// }
///
/// #[derive(metaxy::Feature, Queryable, Selectable, Insertable)]
/// #[diesel(table_name = portrait)]
/// #[metaxy(key = "portrait", id_columns(portrait_id))]
/// pub struct Portrait {
///     portrait_id: String,
///     #[metaxy(sql_type = Mood, default = "happy")]
///     mood: Mood,
/// }
///
/// # fn main() {
/// let happy = portrait::table.filter(portrait::mood.eq(Mood::Happy)).select(portrait::portrait_id);
/// # _ = happy;
/// # }
/// ```
pub use metaxy_derive::SqlEnum;

/// Lets a feature's struct be written by [`OpenStore::write`](rows::OpenStore::write), whatever the database is.
///
/// A field is the column of its name, `#[diesel(column_name = …)]` or `#[metaxy(name = "…")]`. A type of your own implements
/// [`ToValue`](rows::ToValue).
///
/// ```
/// use metaxy::rows::ToRow;
///
/// #[derive(metaxy::ToRow)]
/// struct Video {
///     video_id: String,
///     height: Option<i32>,
/// }
///
/// let video = Video { video_id: "v1".to_owned(), height: Some(480) };
/// assert_eq!(video.to_row().text("video_id"), Some("v1"));
/// ```
pub use metaxy_derive::ToRow;

/// Declares settings that features share: what Metaxy for Python does by inheritance.
///
/// A struct takes them with `base = path`. What both have is taken from the struct; dependencies, fields and metadata are
/// joined.
///
/// ```
/// metaxy::feature_base! {
///     pub(crate) vision:
///     id_columns(photo_id),
///     metadata = { "owner": "vision" },
///     project = "vision",
/// }
///
/// #[derive(metaxy::Feature)]
/// #[metaxy(key = "photo", base = vision)]
/// struct Photo {
///     photo_id: String,
/// }
///
/// # use metaxy::Feature;
/// assert_eq!(Photo::definition().project, "vision");
/// # use diesel as _;
/// ```
pub use metaxy_derive::feature_base;
pub use metaxy_diesel::{
    Backend, FeatureTable, Schema, apply, backend, change, diff, embedded, generate, history,
    migration, normal, plan, push, rows, schema, snapshot, source, sql_types,
    store::{self, Store},
    system, table,
};

/// Makes this binary the command line of the features that are linked into it.
///
/// Name the crates that define them, or the linker leaves them out:
///
/// ```no_run
/// # mod my_features {}
/// use my_features as _;
///
/// metaxy::main!();
/// ```
#[cfg(feature = "cli")]
#[macro_export]
macro_rules! main {
    () => {
        fn main() -> ::std::process::ExitCode {
            $crate::cli::main()
        }
    };
}

/// The migrations of all stores of the project, embedded into the program: an
/// [`EmbeddedMigrations`](embedded::EmbeddedMigrations).
///
/// The build script has to embed them, and is run again when one is written:
///
/// ```ignore
/// // build.rs, with metaxy-build in [build-dependencies]
/// fn main() -> Result<(), metaxy_build::BuildError> {
///     metaxy_build::embed_migrations()
/// }
///
/// // src/main.rs
/// static MIGRATIONS: EmbeddedMigrations = metaxy::embed_migrations!();
///
/// let mut connection = store.connect(Open::Create)?;
/// MIGRATIONS.run_pending(&mut connection, "prod", &RunOptions::default(), &mut |_| {})?;
/// // or, where somebody else migrates:
/// MIGRATIONS.ensure_current(&mut connection, "prod")?;
/// ```
///
/// `examples/service` does it. Connections of Diesel are taken, too: of an r2d2 pool, `&mut *pool.get()?`.
#[macro_export]
macro_rules! embed_migrations {
    () => {
        include!(concat!(
            env!(
                "OUT_DIR",
                "no build script: write build.rs, which calls metaxy_build::embed_migrations()"
            ),
            "/metaxy_migrations.rs"
        ))
    };
}

/// Makes the features of a snapshot known, as external ones: features of another project, in Rust or Python, that those
/// here depend on by key. They have no tables here, and a linked feature of the same key, or one of `metaxy.lock`, counts
/// instead. (`metaxy lock` writes that file from what other projects pushed to the store.)
///
/// The snapshot is the JSON that `metaxy graph snapshot` prints, and Python's `FeatureGraph.to_snapshot` returns.
///
/// ```
/// metaxy::external_features!(
///     r#"{"vendor/labels": {
///         "feature_spec": {"key": "vendor/labels", "id_columns": ["photo_id"]},
///         "feature_schema": {}, "feature_class_path": "vendor.Labels", "project": "vendor"
///     }}"#
/// ); // or: metaxy::external_features!(include_str!("vendor.json"));
///
/// #[derive(metaxy::Feature)]
/// #[metaxy(key = "photo/labelled", id_columns(photo_id), deps("vendor/labels"))]
/// struct LabelledPhoto {
///     photo_id: String,
/// }
///
/// fn main() {
///     use metaxy::Feature;
///
///     assert!(LabelledPhoto::versions().is_ok());
/// }
/// ```
#[macro_export]
macro_rules! external_features {
    ($snapshot:expr $(,)?) => {
        $crate::__private::inventory::submit! {
            $crate::__private::ExternalRegistration {
                snapshot: $snapshot,
                location: $crate::Location { file: ::core::file!(), line: ::core::line!() },
            }
        }
    };
}

/// Compares a feature with its table in a `schema.rs`, which `diesel print-schema` wrote from a database, while compiling: each
/// column of the feature, metaxy's own too, has to be there, with its SQL type and nullability.
///
/// It is for those who have the schema of the live database in the repository. A column that only the table has is fine.
/// Databases store some types as others: SQLite has moments and JSON as texts, MySQL's moments are `Datetime`. A type of
/// your own implements [`SqlTypeInfo`](sql_types::SqlTypeInfo).
///
/// ```
/// mod schema {
///     diesel::table! {
///         photo (metaxy_feature_version, photo_id, metaxy_updated_at) {
///             photo_id -> Text,
///             path -> Nullable<Text>,
///             metaxy_provenance -> Text,
///             metaxy_provenance_by_field -> Text,
///             metaxy_feature_version -> Text,
///             metaxy_project_version -> Text,
///             metaxy_data_version -> Text,
///             metaxy_data_version_by_field -> Text,
///             metaxy_created_at -> Text,
///             metaxy_updated_at -> Text,
///             metaxy_deleted_at -> Nullable<Text>,
///             metaxy_materialization_id -> Nullable<Text>,
///         }
///     }
/// }
///
/// #[derive(metaxy::Feature)]
/// #[metaxy(key = "photo", id_columns(photo_id))]
/// struct Photo {
///     photo_id: String,
///     path: Option<String>,
/// }
///
/// metaxy::assert_schema!(Photo, crate::schema::photo);
/// # fn main() {}
/// ```
///
/// Where `schema.rs` says `path -> Text`, the error is: column `path` of feature `photo` may be NULL here, and not in
/// `crate::schema::photo`.
#[macro_export]
macro_rules! assert_schema {
    ($feature:ty, $first:ident $(:: $rest:ident)* $(,)?) => {
        const _: () = $crate::__private::compare(
            <<$feature as $crate::FeatureTable>::Table as $crate::__private::PrintedTable>::COLUMNS,
            <$first $(:: $rest)*::table as $crate::__private::PrintedTable>::COLUMNS,
            <$feature as $crate::Feature>::KEY,
            ::core::concat!(::core::stringify!($first) $(, "::", ::core::stringify!($rest))*),
        );
    };
}

/// What the derive's output names. Not for users: no promise of stability.
#[doc(hidden)]
pub mod __private {
    pub use metaxy_core::{
        declaration::{Declaration, DepDecl, FieldDecl, FieldDepsDecl, LineageDecl, MappingDecl},
        inventory,
        json_schema::{ColumnSchema, Definitions},
        registry::{ExternalRegistration, Registration},
        *,
    };
    pub use metaxy_derive::feature_with_base;
    pub use metaxy_diesel::{
        __sql_enum,
        check::{
            HasColumns, Input, IsUpstream, Joins, JoinsTable, PrintedTable, StoredType, Upstream,
            column_is_stored, compare, is_stored_as,
        },
        rows::{FromRow, InputOf, IsRoot, LoadsFrom, Row, RowError, ToRow, ToValue},
        schema::{Action, Deferrable, Identity, Nulls, SqlType, Storage},
        sql_types::{ChronoUtc, ColumnType, FieldVersionsMap, SqlEnum, SqlTypeInfo, UtcTimestamp},
        system::HasSystemColumns,
        table::{
            ColumnDef, DefaultDef, EnumDef, FeatureTable, ForeignKeyDef, ForeignKeyTarget,
            GeneratedDef, IndexDef, IndexKeyDef, InputDef, TableDef, TableRegistration,
        },
    };
}

/// The Rust of the book: `examples/video/tests/book` tries the rest, and knows which pages have Rust.
#[cfg(doctest)]
mod book {
    #[doc = include_str!("../docs/concepts.md")]
    struct Concepts;
    #[doc = include_str!("../docs/diesel.md")]
    struct Diesel;
    #[doc = include_str!("../docs/production.md")]
    struct Production;
    #[doc = include_str!("../docs/python.md")]
    struct Python;
    #[doc = include_str!("../docs/rows.md")]
    struct Rows;
    #[doc = include_str!("../docs/testing.md")]
    struct Testing;
}
