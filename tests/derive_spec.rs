//! The spec of a derived feature is the one that its attributes say, with every option of theirs.

mod common;

use common::Video;
use diesel::prelude::*;
use metaxy::schema::Nulls;
use metaxy::table::{IndexDef, IndexKeyDef};
use metaxy::{
    DefaultFieldsMapping, Feature, FeatureDep, FeatureKey, FeatureSpec, FeatureTable, FieldDep,
    FieldDeps, FieldKey, FieldSpec, FieldsMapping, Json, Lineage,
};

/// Crops of videos.
///
///   indented
/// back
#[derive(Feature, Queryable, Selectable, Insertable)]
#[diesel(table_name = video__crop_2)]
#[metaxy(
    key = "video/crop-2",
    id_columns(video_id, "crop_id"),
    deps(
        Video(
            select(video_path, duration),
            rename(path = "video_path"),
            filters("duration > 1", "path IS NOT NULL"),
            optional,
            lineage = expansion(on(video_id), id_generation_pattern = "{video_id}-{n}"),
            fields_mapping = default(match_suffix, exclude_fields("audio/french")),
        ),
        "other/feature",
        "other/second"(
            select(),
            lineage = aggregation(on(video_id)),
            fields_mapping = specific(frames = [frames, "x/y"], "audio/crop" = [])
        ),
        "other/third"(lineage = aggregation, fields_mapping = all, optional = false),
        "other/fourth"(lineage = identity, fields_mapping = none),
    ),
    fields(
        frames(code_version = "2", deps(Video(frames, "audio/french"), "other/feature")),
        "audio/crop"(deps = all),
        r#type,
    ),
    metadata = {
        "owner": "vision", "tiers": [1, -2.5, null, true], "limits": {"big": 36893488147419103232, "tiny": 1e-9}
    },
    project = "cropper",
    renamed_from = "video/crop",
    inject_primary_key = false,
    inject_index,
    unique(video_id, "crop_id"),
)]
#[metaxy(index("crop_id", metaxy_created_at))]
#[metaxy(unique(
    crop_id(desc, nulls_last),
    expression("lower(video_id)", collation = "C"),
    "metaxy_project_version"(prefix = 20, operator_class = "text_ops"),
    name = "all",
    where = "crop_id > 0",
    method = btree,
    include(video_id),
    nulls_not_distinct,
    databases(postgres, mysql),
))]
#[expect(missing_docs, reason = "a feature of the tests")]
pub struct Crop {
    pub video_id: String,
    pub crop_id: i64,
}

fn key(key: &str) -> FeatureKey {
    FeatureKey::new(key).expect("a well-formed key")
}

fn field(key: &str) -> FieldKey {
    FieldKey::new(key).expect("a well-formed key")
}

fn strings(texts: &[&str]) -> Option<Vec<String>> {
    Some(texts.iter().map(|&it| it.to_owned()).collect())
}

#[test]
fn every_option_reaches_the_spec() {
    let expected = FeatureSpec {
        deps: vec![
            FeatureDep {
                select: strings(&["video_path", "duration"]),
                rename: Some([("path".to_owned(), "video_path".to_owned())].into()),
                sql_filters: strings(&["duration > 1", "path IS NOT NULL"]),
                optional: true,
                lineage: Lineage::Expansion {
                    on: vec!["video_id".to_owned()],
                    id_generation_pattern: Some("{video_id}-{n}".to_owned()),
                },
                fields_mapping: FieldsMapping::Default(DefaultFieldsMapping {
                    match_suffix: true,
                    exclude_fields: vec![field("audio/french")],
                }),
                ..FeatureDep::new(key("video/raw"))
            },
            FeatureDep::new(key("other/feature")),
            FeatureDep {
                select: strings(&[]),
                lineage: Lineage::Aggregation { on: strings(&["video_id"]) },
                fields_mapping: FieldsMapping::Specific(
                    [
                        (field("frames"), vec![field("frames"), field("x/y")]),
                        (field("audio/crop"), vec![]),
                    ]
                    .into(),
                ),
                ..FeatureDep::new(key("other/second"))
            },
            FeatureDep {
                lineage: Lineage::Aggregation { on: None },
                fields_mapping: FieldsMapping::All,
                ..FeatureDep::new(key("other/third"))
            },
            FeatureDep {
                fields_mapping: FieldsMapping::None,
                ..FeatureDep::new(key("other/fourth"))
            },
        ],
        fields: vec![
            FieldSpec {
                code_version: "2".to_owned(),
                deps: FieldDeps::Explicit(vec![
                    FieldDep {
                        feature: key("video/raw"),
                        fields: Some(vec![field("frames"), field("audio/french")]),
                    },
                    FieldDep { feature: key("other/feature"), fields: None },
                ]),
                ..FieldSpec::new(field("frames"))
            },
            FieldSpec { deps: FieldDeps::All, ..FieldSpec::new(field("audio/crop")) },
            FieldSpec::new(field("type")),
        ],
        metadata: [
            ("owner".to_owned(), Json::from("vision")),
            (
                "tiers".to_owned(),
                Json::Array(vec![Json::Int(1), Json::Float(-2.5), Json::Null, Json::Bool(true)]),
            ),
            (
                "limits".to_owned(),
                Json::from([
                    ("big", Json::BigInt("36893488147419103232".to_owned())),
                    ("tiny", Json::Float(1e-9)),
                ]),
            ),
        ]
        .into(),
        description: Some("Crops of videos.\n\n  indented\nback".to_owned()),
        ..FeatureSpec::new(key("video/crop-2"), ["video_id", "crop_id"])
    };
    assert_eq!(Crop::definition().spec, expected);
    assert_eq!(Crop::definition().project, "cropper");
}

#[test]
fn a_bare_feature_has_the_defaults() {
    /// Not the description.
    #[derive(Feature)]
    #[metaxy(key = "bare", id_columns(id), description = "said otherwise")]
    #[expect(dead_code, reason = "only its definition is looked at")]
    struct Bare {
        id: i32,
    }

    let definition = Bare::definition();
    let expected = FeatureSpec {
        fields: vec![FieldSpec::new(field("default"))],
        description: Some("said otherwise".to_owned()),
        ..FeatureSpec::new(key("bare"), ["id"])
    };
    assert_eq!(definition.spec, expected);
    assert_eq!(definition.project, "metaxy");
    assert_eq!(definition.class_path.as_deref(), Some("derive_spec::Bare"));
    let schema = definition.schema.json();
    let description = schema.get("description").and_then(Json::as_str);
    assert_eq!(description, Some("Not the description."));
}

#[test]
fn names_are_known_while_compiling() {
    const NAMES: (&str, &[&str], &[&str], &[&str]) =
        (Crop::KEY, Crop::FIELDS, Crop::ID_COLUMNS, Crop::COLUMNS);
    assert_eq!(
        NAMES,
        (
            "video/crop-2",
            &["frames", "audio/crop", "type"][..],
            &["video_id", "crop_id"][..],
            &["video_id", "crop_id"][..]
        )
    );
    assert_eq!(Crop::COLUMN_TYPES, ["Text", "BigInt"]);
    assert_eq!(Crop::key(), key("video/crop-2"));
}

#[test]
fn settings_of_the_table_reach_it() {
    let table = Crop::TABLE;
    assert_eq!((table.inject_primary_key, table.inject_index), (Some(false), Some(true)));
    assert_eq!(table.renamed_from, Some("video/crop"));
    let on_both = [IndexKeyDef::column("video_id"), IndexKeyDef::column("crop_id")];
    let [both, other, all] = table.indexes else { panic!("three indexes") };
    assert_eq!((both.keys, both.unique), (&on_both[..], true));
    let keys = [IndexKeyDef::column("crop_id"), IndexKeyDef::column("metaxy_created_at")];
    assert_eq!((other.keys, other.unique), (&keys[..], false));
    const KEYS: &[IndexKeyDef] = &[
        IndexKeyDef {
            descending: true,
            nulls: Some(Nulls::Last),
            ..IndexKeyDef::column("crop_id")
        },
        IndexKeyDef { collation: Some("C"), ..IndexKeyDef::expression("lower(video_id)") },
        IndexKeyDef {
            prefix: Some(20),
            operator_class: Some("text_ops"),
            ..IndexKeyDef::column("metaxy_project_version")
        },
    ];
    let expected = IndexDef {
        unique: true,
        name: Some("all"),
        predicate: Some("crop_id > 0"),
        method: Some("btree"),
        include: &["video_id"],
        nulls_not_distinct: true,
        databases: Some(&["postgres", "mysql"]),
        ..IndexDef::new(KEYS)
    };
    assert_eq!(*all, expected);
    assert_eq!((Video::TABLE.inject_primary_key, Video::TABLE.inject_index), (None, None));
}

#[test]
fn linked_features_are_registered_with_their_place() {
    let linked = metaxy::__private::registry::linked_definitions();
    let found = |key: &str| linked.iter().find(|it| it.spec.key.as_str() == key);
    for (key, file) in
        [("video/raw", "tests/common/mod.rs"), ("video/crop-2", "tests/derive_spec.rs")]
    {
        let location = found(key).and_then(|it| it.location).expect("it is registered");
        assert_eq!((location.file, location.line > 0), (file, true));
    }
    assert!(metaxy::table::linked_tables().contains_key("video/crop-2"));
}
