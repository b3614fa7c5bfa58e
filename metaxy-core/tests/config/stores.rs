//! Stores and their histories.

use crate::discover;
use metaxy_core::config::{Config, ConfigError, DistributedBy, StoreKind};

/// The file of the document that this project started from, written for Metaxy for Python.
const SEED: &str = r#"
[stores.dev]
type = "metaxy.metadata_store.duckdb.DuckDBMetadataStore"
config = { database = "dev_metadata.duckdb" }

[stores.prod]
type = "metaxy.metadata_store.duckdb.DuckDBMetadataStore"
config = { database = "prod_metadata.duckdb" }
"#;

#[test]
fn the_seed_document_loads() {
    let (directory, config) = discover(&[("metaxy.toml", SEED)], &[], "src/deep");
    let config = config.expect("a valid file");
    assert_eq!(config.base_dir(), directory.path());
    assert_eq!(config.warnings, [""; 0]);
    for (name, expected) in [
        (None, "dev_metadata.duckdb"),
        (Some("dev"), "dev_metadata.duckdb"),
        (Some("prod"), "prod_metadata.duckdb"),
    ] {
        let (found, store) = config.store(name).expect("a store");
        assert_eq!(found, name.unwrap_or("dev"));
        assert_eq!(store.kind, Some(StoreKind::DuckDb));
        assert_eq!(store.database.as_ref().map(|database| database.expose()), Some(expected));
    }
}

#[test]
fn stores_are_asked_for_by_name() {
    let text = "[stores.prod]\ntype = 'metaxy.ext.clickhouse.ClickHouseMetadataStore'\n\
                [stores.lake]\ntype = 'Postgres'\n\
                [stores.url]\ntype = 'postgres'\nconnection_string = '${NOPE}'\n\
                [stores.fall]\ntype = 'sqlite'\nfallback_stores = ['prd']\n";
    let (_directory, config) = discover(&[("metaxy.toml", text)], &[], "");
    let config = config.expect("a valid file");
    for (name, expected) in [
        (None, "there is no store `dev`: configured are prod, lake, url, fall"),
        (Some("prd"), "there is no store `prd`: did you mean `prod`?"),
        (Some("fall"), "there is no store `prd`: did you mean `prod`?"),
        (
            Some("prod"),
            "store `prod` is of type `metaxy.ext.clickhouse.ClickHouseMetadataStore`, which is not supported here: supported are sqlite, postgres, mysql, mariadb, duckdb, and Python's DuckDB and PostgreSQL classes",
        ),
        (
            Some("lake"),
            "store `lake` is of type `Postgres`, which is not supported here: did you mean `postgres`?",
        ),
    ] {
        let error = config.store(name).expect_err("no store");
        assert_eq!(error.to_string(), expected);
    }
    let error = config.store(Some("url")).expect_err("a missing variable");
    assert!(
        matches!(&error, ConfigError::MissingVariable { variable, .. } if variable == "NOPE"),
        "{error}"
    );
    assert!(error.to_string().contains("metaxy.toml:7:21: "), "{error}");

    let error = Config::default().store(None).expect_err("no stores");
    assert!(
        error.to_string().starts_with("no store is configured (no metaxy.toml was found): write"),
        "{error}"
    );
}

#[test]
fn histories_have_their_own_places() {
    let text = "[migrations]\ndirectory = 'db'\n[migrations.prod]\ndirectory = 'production'\n\
                [migrations.prod.system]\ndirectory = '/abs/system'\nversion_table = 'versions'\n\
                [stores.prod]\ntype = 'sqlite'";
    for text in [text.to_owned(), text.replace("[migrations", "[ext.migrations")] {
        let (directory, config) = discover(&[("metaxy.toml", &text)], &[], "");
        let config = config.expect("a valid file");
        for (store, scope, at, table) in [
            ("dev", "system", "db/dev/system", "__diesel_schema_migrations_metaxy_system"),
            ("dev", "features", "db/dev/features", "__diesel_schema_migrations_metaxy_features"),
            (
                "prod",
                "features",
                "production/features",
                "__diesel_schema_migrations_metaxy_features",
            ),
            ("prod", "system", "/abs/system", "versions"),
        ] {
            assert_eq!(config.migrations_dir(store, scope), directory.path().join(at));
            assert_eq!(config.migrations.version_table(store, scope), table);
        }
        assert_eq!(config.warnings, [""; 0]);
    }
    let (_directory, config) =
        discover(&[("metaxy.toml", "[migrations.prd]\n[stores.prod]\ntype = 'sqlite'")], &[], "");
    assert_eq!(
        config.expect("a valid file").warnings,
        ["`migrations.prd` names no store: did you mean `prod`?"]
    );
}

#[test]
fn rows_are_distributed_on_postgresql() {
    let read = |kind: &str, setting: &str| {
        let text = format!("[stores.far]\ntype = '{kind}'\ndatabase = 'v'\n{setting}");
        let (_directory, config) = discover(&[("metaxy.toml", &text)], &[], "");
        let config = config.map_err(|it| it.to_string())?;
        let (_, store) = config.store(Some("far")).map_err(|it| it.to_string())?;
        Ok::<_, String>(store.distributed_by.clone())
    };
    assert_eq!(read("postgres", ""), Ok(None));
    for (setting, expected) in [
        ("distributed_by = 'id_columns'", DistributedBy::IdColumns),
        ("distributed_by = ['a', 'b']", DistributedBy::Columns(vec!["a".into(), "b".into()])),
    ] {
        assert_eq!(read("postgres", setting), Ok(Some(expected)));
        let error = read("sqlite", setting).expect_err("SQLite has no clusters");
        assert!(error.contains("unknown key"), "{error}");
    }
    let error = read("postgres", "distributed_by = 'a'").expect_err("is no list");
    assert!(error.contains("must be `id_columns`, or a list of columns"), "{error}");
}
