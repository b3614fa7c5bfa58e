//! From features to the tables of one project and store.

use metaxy_core::{FeatureDefinition, FeatureKey, FeatureSpec, Json, config::DistributedBy};
use metaxy_diesel::{
    Backend, Schema,
    filter::{FilterError, FilterOptions, Target, feature_schema, filter_schema},
    schema::{Action, Deferrable, Index, IndexKey, KeyPart, PrimaryKey, SqlType, Table, TableName},
    system::SYSTEM_COLUMNS,
    table::{
        ColumnDef, DefaultDef, ForeignKeyDef, ForeignKeyTarget, IndexDef, IndexKeyDef, TableDef,
    },
};
use std::collections::BTreeMap;

const TEXT: fn() -> SqlType = || SqlType::Text;
const DOUBLE: fn() -> SqlType = || SqlType::Double;

const PLAIN: TableDef = TableDef::new(&[ColumnDef::new("id", TEXT)]);

fn feature(key: &str, project: &str) -> FeatureDefinition {
    FeatureDefinition {
        spec: FeatureSpec::new(FeatureKey::new(key).expect("a key"), ["id"]),
        schema: Json::Null.into(),
        class_path: None,
        project: project.to_owned(),
        external: false,
        provenance_by_field: None,
        location: None,
    }
}

fn target(backend: Backend) -> Target<'static> {
    Target {
        table_prefix: "dev_",
        dialect: backend.dialect(),
        distributed_by: None,
        namespace: None,
    }
}

fn video() -> FilterOptions {
    FilterOptions { project: Some("video".to_owned()), ..FilterOptions::default() }
}

fn one(table: TableDef, options: &FilterOptions) -> Table {
    let features = [feature("video/raw", "video")];
    let tables = BTreeMap::from([("video/raw", table)]);
    let schema = feature_schema(&features, &tables, &target(Backend::Postgres), options);
    schema.expect("it can be lowered").tables.into_values().next().expect("one table")
}

fn names(schema: &Schema) -> Vec<&str> {
    schema.tables.keys().map(|it| it.name.as_str()).collect()
}

#[test]
fn columns_keys_and_names() {
    const UNIQUE: &[IndexDef] = &[IndexDef {
        unique: true,
        ..IndexDef::new(&[IndexKeyDef::column("path"), IndexKeyDef::column("metaxy_created_at")])
    }];
    let table = one(
        TableDef {
            renamed_from: Some("video/first"),
            indexes: UNIQUE,
            foreign_keys: const {
                &[ForeignKeyDef {
                    on_delete: Action::Cascade,
                    ..ForeignKeyDef::new(
                        &["camera_id"],
                        ForeignKeyTarget::Table { schema: None, name: "camera" },
                        &["id"],
                    )
                }]
            },
            ..TableDef::new(
                const {
                    &[
                        ColumnDef::new("id", TEXT),
                        ColumnDef { length: Some(99), index: true, ..ColumnDef::new("path", TEXT) },
                        ColumnDef {
                            nullable: true,
                            default: Some(DefaultDef::Float(0.5)),
                            check: Some("duration >= 0"),
                            renamed_from: Some("length"),
                            ..ColumnDef::new("duration", DOUBLE)
                        },
                        ColumnDef::new("camera_id", TEXT),
                    ]
                },
            )
        },
        &FilterOptions { inject_index: Some(true), ..video() },
    );
    assert_eq!(table.name, TableName::new("dev_video__raw"));
    assert_eq!(table.renamed_from, Some(TableName::new("dev_video__first")));
    let columns: Vec<_> = table.columns.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(columns, [&["id", "path", "duration", "camera_id"], &SYSTEM_COLUMNS[..]].concat());
    assert_eq!(table.columns[1].sql_type, SqlType::Varchar(99));
    assert_eq!(table.columns[2].renamed_from.as_deref(), Some("length"));
    let key = ["metaxy_feature_version", "id", "metaxy_updated_at"].map(str::to_owned).to_vec();
    let name = Some("dev_video__raw_pkey".to_owned());
    assert_eq!(table.primary_key, Some(PrimaryKey { name, columns: key.clone() }));
    let indexes: Vec<_> =
        table.indexes.iter().map(|it| (it.name.as_str(), it.keys.len(), it.unique)).collect();
    assert_eq!(
        indexes,
        [
            ("dev_video__raw_metaxy_idx", 3, false),
            ("dev_video__raw_path_idx", 1, false),
            ("dev_video__raw_path_metaxy_created_at_key", 2, true),
        ]
    );
    assert_eq!(table.checks[0].name, "dev_video__raw_duration_check");
    assert_eq!(table.foreign_keys[0].name, "dev_video__raw_camera_id_fkey");
    assert_eq!(table.foreign_keys[0].references, TableName::new("camera"));
}

#[test]
fn what_is_injected() {
    let check = |of_table: Option<bool>, of_caller: Option<bool>, expected: [bool; 2]| {
        let table = TableDef { inject_primary_key: of_table, inject_index: of_table, ..PLAIN };
        let options =
            FilterOptions { inject_primary_key: of_caller, inject_index: of_caller, ..video() };
        let table = one(table, &options);
        assert_eq!([table.primary_key.is_some(), !table.indexes.is_empty()], expected);
    };
    check(None, None, [true, false]);
    check(None, Some(false), [false, false]);
    check(None, Some(true), [true, true]);
    check(Some(true), Some(false), [true, true]);
    check(Some(false), Some(true), [false, false]);
}

#[test]
fn projects() {
    let external = FeatureDefinition { external: true, ..feature("other/far", "video") };
    let features = [feature("video/raw", "video"), feature("audio/raw", "audio"), external];
    let tables = BTreeMap::from([("video/raw", PLAIN), ("audio/raw", PLAIN)]);
    let schema = |options: &FilterOptions| {
        feature_schema(&features, &tables, &target(Backend::Sqlite), options)
    };
    assert_eq!(names(&schema(&video()).expect("it has one")), ["dev_video__raw"]);
    let all = FilterOptions { filter_by_project: false, ..FilterOptions::default() };
    assert_eq!(names(&schema(&all).expect("two")), ["dev_audio__raw", "dev_video__raw"]);
    assert_eq!(schema(&FilterOptions::default()), Err(FilterError::NoProject));
    let wrong = FilterOptions { project: Some("vidoe".to_owned()), ..video() };
    assert_eq!(
        schema(&wrong).expect_err("no such project").to_string(),
        "project `vidoe` has no feature here: the linked ones belong to audio, video"
    );
    let none = feature_schema([], &tables, &target(Backend::Sqlite), &video());
    assert_eq!(none, Err(FilterError::NoFeatures));
}

#[test]
fn refusals() {
    let check = |features: &[(&'static str, TableDef)], expected: &str| {
        let definitions: Vec<_> = features.iter().map(|it| feature(it.0, "video")).collect();
        let tables = features.iter().copied().collect();
        let schema = feature_schema(&definitions, &tables, &target(Backend::Sqlite), &video());
        assert_eq!(schema.expect_err("it is refused").to_string(), expected);
    };
    check(
        &[("a-b", PLAIN), ("a_b", PLAIN)],
        "features `a-b` and `a_b` both have the table `a_b`: rename one of them",
    );
    const NULLABLE: TableDef =
        TableDef::new(&[ColumnDef { nullable: true, ..ColumnDef::new("id", TEXT) }]);
    check(
        &[("a", NULLABLE)],
        "`dev_a.id` is in the primary key, and cannot be nullable: make it no `Option`",
    );
    check(
        &[("a", TableDef::new(&[]))],
        "table `dev_a` has no column `id`, which the primary key needs",
    );
    const REFERENCE: TableDef = TableDef {
        foreign_keys: &[ForeignKeyDef::new(&["a_id"], ForeignKeyTarget::Feature("a"), &["id"])],
        ..TableDef::new(&[ColumnDef::new("id", TEXT), ColumnDef::new("a_id", TEXT)])
    };
    check(
        &[("a", PLAIN), ("b", REFERENCE)],
        "`dev_b.a_id` refers to `dev_a.id`, which is not unique: refer to a column that is, or make it so",
    );
    const NAMED: TableDef = TableDef {
        indexes: &[IndexDef { name: Some("i"), ..IndexDef::new(&[IndexKeyDef::column("id")]) }],
        ..PLAIN
    };
    check(
        &[("a", NAMED), ("b", NAMED)],
        "two indexes have the name `dev_i`, which is one for all tables of a store: name one otherwise",
    );
    let definitions = [feature("a", "video")];
    let schema = feature_schema(&definitions, &BTreeMap::new(), &target(Backend::Sqlite), &video());
    assert_eq!(
        schema.expect_err("it has no table").to_string(),
        "feature `a` has no table: derive `Feature` for its struct, or give a schema that has `dev_a`"
    );
}

#[test]
fn names_that_would_collide_are_kept_apart() {
    const INDEXED: TableDef = TableDef {
        indexes: &[
            IndexDef::new(&[IndexKeyDef::column("id"), IndexKeyDef::column("b_c")]),
            IndexDef::new(&[IndexKeyDef::column("id_b"), IndexKeyDef::column("c")]),
        ],
        ..TableDef::new(&[
            ColumnDef::new("id", TEXT),
            ColumnDef::new("b_c", TEXT),
            ColumnDef::new("id_b", TEXT),
            ColumnDef::new("c", TEXT),
        ])
    };
    let table = one(INDEXED, &video());
    let names: Vec<_> = table.indexes.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names.len(), 2);
    assert!(names.contains(&"dev_video__raw_id_b_c_idx"), "{names:?}");
    assert_ne!(names[0], names[1]);
}

#[test]
fn indexes_with_options() {
    const SIZE: IndexKeyDef = IndexKeyDef { descending: true, ..IndexKeyDef::column("size") };
    const KEYS: &[IndexKeyDef] = &[IndexKeyDef::expression("lower(path || 'x')"), SIZE];
    const ON_PATH: IndexDef = IndexDef::new(&[IndexKeyDef::column("path")]);
    const INDEXED: TableDef = TableDef {
        indexes: &[
            IndexDef { predicate: Some("size > 0"), ..IndexDef::new(KEYS) },
            IndexDef { name: Some("mine"), method: Some("gin"), include: &["id"], ..ON_PATH },
            IndexDef { databases: Some(&["sqlite", "mariadb"]), ..ON_PATH },
            // On the same columns: a hash of the rest tells them apart.
            IndexDef { predicate: Some("size > 1"), databases: Some(&["postgresql"]), ..ON_PATH },
            IndexDef { predicate: Some("size > 2"), ..ON_PATH },
            IndexDef { predicate: Some("size > 3"), ..ON_PATH },
            IndexDef { unique: true, deferrable: Deferrable::Deferred, ..ON_PATH },
        ],
        ..TableDef::new(&[
            ColumnDef::new("id", TEXT),
            ColumnDef::new("path", TEXT),
            ColumnDef::new("size", DOUBLE),
        ])
    };
    let table = one(INDEXED, &video());
    let find = |name: &str| table.indexes.iter().find(|it| it.name == name).expect(name);
    assert_eq!(
        *find("dev_video__raw_lower_path_size_idx"),
        Index {
            keys: vec![
                KeyPart::Expression("lower(path || 'x')".to_owned()).into(),
                IndexKey { descending: true, ..IndexKey::from("size") },
            ],
            predicate: Some("size > 0".to_owned()),
            ..Index::new("dev_video__raw_lower_path_size_idx", Vec::new(), false)
        }
    );
    assert_eq!(find("dev_mine").include, ["id"]);
    assert_eq!(find("dev_video__raw_path_idx").predicate.as_deref(), Some("size > 1"));
    assert_eq!(table.indexes.len(), 5);
    assert!(table.indexes.is_sorted_by(|one, other| one.name < other.name), "{table:#?}");
    let [unique] = &*table.uniques else { panic!("one of them is a constraint") };
    assert_eq!(
        (unique.name.as_str(), unique.deferrable),
        ("dev_video__raw_path_key", Deferrable::Deferred)
    );
}

#[test]
fn a_given_schema_is_filtered() {
    let bare = || Table { primary_key: None, ..one(PLAIN, &video()) };
    let keyed = || {
        let key = PrimaryKey { name: None, columns: vec!["id".to_owned()] };
        Table { name: TableName::new("dev_video__keyed"), primary_key: Some(key), ..bare() }
    };
    let foreign = Table { name: TableName::new("users"), ..bare() };
    let source = Schema::from_iter([bare(), keyed(), foreign]);
    let features = [
        feature("video/raw", "video"),
        feature("video/keyed", "video"),
        feature("no/table", "video"),
    ];
    let filter = |options: &FilterOptions| {
        filter_schema(&features, &source, &target(Backend::Sqlite), options).expect("it can be")
    };
    let key = |schema: &Schema, table: &str| {
        schema.tables[&TableName::new(table)].primary_key.as_ref().map(|it| it.columns.len())
    };
    let schema = filter(&video());
    assert_eq!(names(&schema), ["dev_video__keyed", "dev_video__raw"]);
    assert_eq!(key(&schema, "dev_video__raw"), Some(3));
    assert_eq!(key(&schema, "dev_video__keyed"), Some(1), "its own key is kept");
    let schema = filter(&FilterOptions { inject_primary_key: Some(true), ..video() });
    assert_eq!(key(&schema, "dev_video__keyed"), Some(3));
}

#[test]
fn rows_are_distributed_by_an_id_column() {
    let mut features = [feature("video/raw", "video"), feature("video/crop", "video")];
    features[1].spec.id_columns = vec!["crop".to_owned(), "id".to_owned()];
    const CROP: TableDef =
        TableDef::new(const { &[ColumnDef::new("crop", TEXT), ColumnDef::new("id", TEXT)] });
    let tables = BTreeMap::from([("video/raw", PLAIN), ("video/crop", CROP)]);
    let columns = |columns: &[&str]| {
        DistributedBy::Columns(columns.iter().map(|it| (*it).to_owned()).collect())
    };
    for (by, expected) in [
        (DistributedBy::IdColumns, Ok(["crop", "id"])),
        (columns(&["id", "crop"]), Ok(["id", "id"])),
        (columns(&["user", "crop", "id"]), Ok(["crop", "id"])),
        (
            columns(&["crop"]),
            Err(
                "`dev_video__raw` cannot be distributed: none of its id columns (id) is among the `distributed_by` of the store (crop)",
            ),
        ),
    ] {
        let target = Target { distributed_by: Some(&by), ..target(Backend::Postgres) };
        let schema = feature_schema(&features, &tables, &target, &video());
        let found = schema.map(|it| {
            it.tables.into_values().filter_map(|it| it.distributed_by).collect::<Vec<_>>()
        });
        let found = found.map_err(|it| it.to_string());
        assert_eq!(found, expected.map(|it| it.map(str::to_owned).to_vec()).map_err(str::to_owned));
    }
}
