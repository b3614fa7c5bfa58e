//! Configuration: what files and variables say together, and what is refused.

use metaxy_core::config::{Config, ConfigError, Environment, Origin, StoreConfig, StoreKind};
use proptest::prelude::*;
use std::{fs, path::Path};
use tempfile::TempDir;

type Files<'a> = &'a [(&'a str, &'a str)];
type Variables<'a> = &'a [(&'a str, &'a str)];

/// Writes `files` and discovers from the directory `at`.
fn discover(
    files: Files,
    variables: Variables,
    at: &str,
) -> (TempDir, Result<Config, ConfigError>) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for (name, text) in files {
        let file = directory.path().join(name);
        fs::create_dir_all(file.parent().expect("a parent")).expect("a directory");
        fs::write(file, text).expect("a file");
    }
    fs::create_dir_all(directory.path().join(at)).expect("a directory");
    let environment: Environment = variables.iter().copied().collect();
    let config = Config::discover_with(&directory.path().join(at), &environment);
    (directory, config)
}

/// What differs from an empty configuration, a line each.
fn summary(config: &Config, directory: &Path) -> String {
    let default = Config::default();
    let mut lines = Vec::new();
    let mut line = |name: &str, value: String, default: String| {
        if value != default {
            lines.push(format!("{name} = {value}"));
        }
    };
    macro_rules! fields {
        ($($field:ident),*) => {
            $(line(stringify!($field), format!("{:?}", config.$field), format!("{:?}", default.$field));)*
        };
    }
    fields!(
        project,
        store,
        hash_truncation_length,
        enable_map_datatype,
        auto_create_tables,
        locked
    );
    fields!(sync, extra_features, metaxy_lock_path, theme, ext, entrypoints);
    for (name, store) in &config.stores {
        line(&format!("stores.{name}"), store_summary(store), String::new());
    }
    fields!(warnings);
    lines.join("\n").replace(&*directory.to_string_lossy(), "DIR")
}

fn store_summary(store: &StoreConfig) -> String {
    let default = StoreConfig::default();
    let mut parts = vec![store.type_name.clone()];
    let mut part = |name: &str, value: String, default: String| {
        if value != default {
            parts.push(format!("{name}: {value}"));
        }
    };
    macro_rules! fields {
        ($($field:ident),*) => {
            $(part(stringify!($field), format!("{:?}", store.$field), format!("{:?}", default.$field));)*
        };
    }
    fields!(database, connection_string, connection_params, table_prefix, fallback_stores);
    fields!(hash_algorithm, auto_create_tables, other);
    parts.join(", ")
}

fn accepts(files: Files, variables: Variables, expected: &str) {
    let (directory, config) = discover(files, variables, "");
    let config = config.unwrap_or_else(|error| panic!("{error}\nof {files:?} {variables:?}"));
    assert_eq!(summary(&config, directory.path()), expected, "of {files:?} {variables:?}");
}

fn refuses(files: Files, variables: Variables, expected: &str) {
    let (directory, config) = discover(files, variables, "");
    let error = config.expect_err("this must be refused").to_string();
    // macOS and Windows spell a temporary directory in several ways.
    let error = error.replace(&*directory.path().to_string_lossy(), "DIR").replace('\\', "/");
    assert_eq!(error, expected, "of {files:?} {variables:?}");
}

/// The seed document's file, and what else the two languages spell differently.
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

/// The expectations were compared with what Metaxy for Python 0.1.11 makes of the same input; the cases
/// that it refuses are marked.
#[test]
fn files_and_variables_are_merged() {
    let store = "[stores.prod]\ntype = 'duckdb'\n[stores.prod.config]\ndatabase = 'q'\n\
                 connection_params = { a = 1, b = 2 }\n";
    let cases: &[(Files, Variables, &str)] = &[
        (&[], &[], ""),
        (&[("metaxy.toml", "")], &[("METAXY_TEST_CITUS_URL", "x"), ("METAXY_PROJECT__X", "1")], ""),
        // Types are read leniently, since a template is always a string.
        (
            &[("metaxy.toml", "hash_truncation_length = '${L:-16}'")],
            &[],
            "hash_truncation_length = 16",
        ),
        (
            &[("metaxy.toml", "hash_truncation_length = '${L:-16}'")],
            &[("L", "12")],
            "hash_truncation_length = 12",
        ),
        (&[("metaxy.toml", "hash_truncation_length = 16.0")], &[], "hash_truncation_length = 16"),
        (&[("metaxy.toml", "hash_truncation_length = 0x10")], &[], "hash_truncation_length = 16"),
        (&[("metaxy.toml", "locked = 'yes'\nsync = 0")], &[], "locked = Some(true)\nsync = false"),
        (
            &[],
            &[("METAXY_HASH_TRUNCATION_LENGTH", "12"), ("METAXY_LOCKED", "On")],
            "hash_truncation_length = 12\nlocked = Some(true)",
        ),
        // Variables: any case, above the file, never expanded, lists and tables as JSON.
        (&[("metaxy.toml", "project = 'a'")], &[("metaxy_Project", "z")], r#"project = Some("z")"#),
        (&[], &[("METAXY_THEME", "${B}"), ("B", "1")], r#"theme = "${B}""#),
        (&[("metaxy.toml", "theme = '${A}'")], &[("A", "${B}"), ("B", "1")], r#"theme = "${B}""#),
        (
            &[("metaxy.toml", "entrypoints = ['a']")],
            &[("METAXY_ENTRYPOINTS", r#"["b"]"#)],
            r#"entrypoints = ["b"]"#,
        ),
        (
            &[("metaxy.toml", store)],
            &[
                ("METAXY_STORES__PROD__CONFIG__CONNECTION_STRING", "host=db"),
                ("METAXY_STORES__PROD__CONFIG__CONNECTION_PARAMS", r#"{"port": 3}"#),
                ("METAXY_STORES__PROD__CONFIG__TABLE_PREFIX", "123"),
                ("METAXY_STORES__PROD__CONFIG__FALLBACK_STORES", r#"["x"]"#),
            ],
            r#"stores.prod = duckdb, database: Some("q"), connection_string: Some("host=db"), connection_params: {"port": "3"}, table_prefix: "123", fallback_stores: ["x"]"#,
        ),
        (
            &[("metaxy.toml", store)],
            &[
                (
                    "METAXY_STORES",
                    r#"{"prod": {"config": {"table_prefix": "p_"}}, "b": {"type": "m.N"}}"#,
                ),
                ("METAXY_STORES__B__CONFIG__K", "true"),
            ],
            "stores.prod = duckdb, database: Some(\"q\"), connection_params: {\"a\": \"***\", \"b\": \"***\"}, table_prefix: \"p_\"\n\
             stores.b = m.N, other: {\"k\": \"***\"}",
        ),
        (
            &[],
            &[("METAXY_STORES__B", r#"{"type": "sqlite", "config": {"database": "d"}}"#)],
            r#"stores.b = sqlite, database: Some("d")"#,
        ),
        (
            &[("metaxy.toml", "[stores.Prod]\ntype = 'x.Y'")],
            &[
                ("METAXY_STORES__PROD__CONFIG__DATABASE", "d"),
                ("METAXY_STORES__PROD__TYPE", "sqlite"),
            ],
            "stores.Prod = x.Y\nstores.prod = sqlite, database: Some(\"d\")",
        ),
        (
            &[],
            &[("METAXY_STORES__PROD__CONFIG__CONNECTION_STRING", "postgres://u:pw@h/d")],
            r#"warnings = ["store `prod` is ignored: environment variable METAXY_STORES__PROD__CONFIG__CONNECTION_STRING sets it, but nothing sets its type (METAXY_STORES__PROD__TYPE)"]"#,
        ),
        (
            &[],
            &[("METAXY_STORES__B", "nope")],
            r#"warnings = ["store `b` is ignored: environment variable METAXY_STORES__B sets it, but nothing sets its type (METAXY_STORES__B__TYPE)"]"#,
        ),
        // The type may come from the environment alone.
        (
            &[("metaxy.toml", "[stores.a.config]\ndatabase = 'd'")],
            &[("METAXY_STORES__A__TYPE", "sqlite")],
            r#"stores.a = sqlite, database: Some("d")"#,
        ),
        // `extend`
        (
            &[
                (
                    "metaxy.toml",
                    "extend = 'b/base.toml'\nentrypoints = ['c']\ntheme = 'child'\n[stores.dev]\ntype = 'c.C'",
                ),
                (
                    "b/base.toml",
                    "extend = '../c.toml'\nproject = 'p'\ntheme = 'base'\nentrypoints = ['p']\n[stores.dev]\ntype = 'p.P'\nconfig = { database = 'z' }\n[stores.x]\ntype = 'x.X'",
                ),
                ("c.toml", "entrypoints = ['g']\nlocked = true\n[ext.a]\nenable = true\nk = 1"),
            ],
            &[],
            "project = Some(\"p\")\nlocked = Some(true)\ntheme = \"child\"\next = {\"a\": \"***\"}\n\
             entrypoints = [\"g\", \"p\", \"c\"]\nstores.dev = c.C\nstores.x = x.X",
        ),
        (
            &[
                ("metaxy.toml", "extend = 'pyproject.toml'"),
                ("pyproject.toml", "[tool.metaxy]\nproject = 'pp'"),
            ],
            &[],
            r#"project = Some("pp")"#,
        ),
        (
            &[
                ("metaxy.toml", "extend = 'b.toml'\nentrypoints = ['x']"),
                ("b.toml", "entrypoints = 's'"),
            ],
            &[],
            r#"entrypoints = ["x"]"#,
        ),
        // A value that is overridden needs no variable.
        (
            &[
                ("metaxy.toml", "extend = 'b.toml'\ntheme = 'x'"),
                ("b.toml", "theme = '${NOPE}'\nproject = '${NOPE}'"),
            ],
            &[("METAXY_PROJECT", "p")],
            "project = Some(\"p\")\ntheme = \"x\"",
        ),
        (
            &[("metaxy.toml", "extend = '${DIR:-b}/c.toml'"), ("b/c.toml", "theme = 'x'")],
            &[],
            r#"theme = "x""#,
        ),
        // Which file is read
        (
            &[
                ("metaxy.toml", "project = 'm'"),
                ("pyproject.toml", "[tool.metaxy]\nproject = 'py'"),
            ],
            &[],
            r#"project = Some("m")"#,
        ),
        (
            &[
                ("Cargo.toml", "[package.metadata.metaxy]\nproject = 'rs'"),
                ("pyproject.toml", "[tool.metaxy]\nproject = 'py'"),
            ],
            &[],
            r#"project = Some("py")"#,
        ),
        (
            &[
                ("Cargo.toml", "[package.metadata.metaxy]\nproject = 'rs'"),
                ("pyproject.toml", "[tool.metaxy]\n"),
            ],
            &[],
            r#"project = Some("rs")"#,
        ),
        (
            &[
                ("Cargo.toml", "[workspace.metadata.metaxy]\nproject = 'ws'"),
                ("pyproject.toml", "not TOML"),
            ],
            &[],
            r#"project = Some("ws")"#,
        ),
        (
            &[("metaxy.toml", "project = 'm'"), ("other.toml", "project = 'o'")],
            &[("METAXY_CONFIG", "other.toml")],
            r#"project = Some("o")"#,
        ),
        // Text files as other systems write them. Python refuses the first.
        (&[("metaxy.toml", "\u{feff}project = 'a'")], &[], r#"project = Some("a")"#),
        (
            &[("metaxy.toml", "project = 'a'\r\nstore = 'z'\r\n")],
            &[],
            "project = Some(\"a\")\nstore = \"z\"",
        ),
        // Settings directly under the store; Python refuses them.
        (
            &[(
                "metaxy.toml",
                "[stores.dev]\ntype = 'postgres'\nconnection_string = 'postgres://u:pw@h/d'\nconfig = { table_prefix = 't_' }",
            )],
            &[("METAXY_STORES__DEV__CONFIG__AUTO_CREATE_TABLES", "1")],
            r#"stores.dev = postgres, connection_string: Some("postgres://u:***@h/d"), table_prefix: "t_", auto_create_tables: Some(true)"#,
        ),
        (
            &[("metaxy.toml", "[stores.dev]\ntype = 'sqlite'\ndatabase = 'a'")],
            &[("METAXY_STORES__DEV__CONFIG__DATABASE", "b")],
            r#"stores.dev = sqlite, database: Some("b")"#,
        ),
        // What only Python reads is kept, and never in the way.
        (
            &[(
                "metaxy.toml",
                "[ext.dagster]\ntoken = '${NOPE}'\n[ext.x]\nk = 1\n[stores.lake]\ntype = 'metaxy.ext.polars.handlers.delta.DeltaMetadataStore'\n[stores.lake.config]\nroot_path = '${NOPE}'\nlayout = 'flat'",
            )],
            &[],
            "ext = {\"x\": \"***\"}\nstores.lake = metaxy.ext.polars.handlers.delta.DeltaMetadataStore, other: {\"layout\": \"***\"}",
        ),
        (
            &[(
                "metaxy.toml",
                "[stores.dev]\ntype = 'metaxy.ext.duckdb.DuckDBMetadataStore'\n[stores.dev.config]\ndatabase = 'd'\nversioning_engine = 'auto'\nhash_algorithm = 'xxhash64'\nextensions = ['hashfuncs']\nducklake = { alias = 'x' }\nconfig = { threads = '4' }",
            )],
            &[],
            r#"stores.dev = metaxy.ext.duckdb.DuckDBMetadataStore, database: Some("d"), hash_algorithm: Some("xxhash64"), other: {"versioning_engine": "***", "extensions": "***", "ducklake": "***", "config": "***"}"#,
        ),
        (
            &[(
                "metaxy.toml",
                "[[extra_features]]\nprojects = ['a']\nkeys = ['a/b', ['c', 'd']]\nall = true",
            )],
            &[],
            r#"extra_features = [FeatureSelection { projects: ["a"], keys: ["a/b", "c/d"], all: true }]"#,
        ),
        // A variable that is missing spoils no store but its own, unless it is the default one.
        (
            &[("metaxy.toml", "[stores.prod]\ntype = 'postgres'\nconnection_string = '${NOPE}'\n")],
            &[],
            "stores.prod = postgres",
        ),
    ];
    for (files, variables, expected) in cases {
        accepts(files, variables, expected);
    }
}

#[test]
fn mistakes_are_refused_with_their_place() {
    let keys = "project, store, hash_truncation_length, enable_map_datatype, auto_create_tables, locked, sync, \
                extra_features, metaxy_lock_path, theme, entrypoints, stores, ext, migrations, extend";
    let cases: &[(&str, Variables, &str)] = &[
        ("storre = 'x'", &[], "DIR/metaxy.toml:1:1: unknown key `storre`: did you mean `store`?"),
        (
            "\n\nquark = 'x'",
            &[],
            &format!("DIR/metaxy.toml:3:1: unknown key `quark`: known are {keys}"),
        ),
        (
            "[stores.dev]\ntype = 'sqlite'\nconfig = { datbase = 'x' }",
            &[],
            "DIR/metaxy.toml:3:12: unknown key `stores.dev.config.datbase`: did you mean `database`?",
        ),
        (
            "[stores.dev]\ntype = 'sqlite'\ndatbase = 'x'",
            &[],
            "DIR/metaxy.toml:3:1: unknown key `stores.dev.datbase`: did you mean `database`?",
        ),
        (
            "[stores.dev]\ntype = 'sqlite'\nconfg = { database = 'x' }",
            &[],
            "DIR/metaxy.toml:3:1: unknown key `stores.dev.confg`: did you mean `config`?",
        ),
        (
            "[stores.dev]\ntyp = 'sqlite'",
            &[],
            "DIR/metaxy.toml:2:1: unknown key `stores.dev.typ`: did you mean `type`?",
        ),
        (
            "[stores.dev]\ndatabase = 'x'",
            &[],
            "DIR/metaxy.toml:1:9: store `dev` has no `type`: write one of sqlite, postgres, mysql, mariadb, duckdb, or a class of Metaxy for Python",
        ),
        (
            "[stores.dev]\ntype = 'sqlite'\n[stores.dev.config]\ndatabase = 'x'\n[stores.dev.config.extensions]",
            &[],
            "DIR/metaxy.toml:5:20: unknown key `stores.dev.config.extensions`: known are config, type, auto_create_tables, backend, connection_params, connection_string, database, fallback_stores, hash_algorithm, table_prefix, versioning_engine",
        ),
        (
            "[stores.dev]\ntype = 'sqlite'\ndatabase = 'x'\nconfig = { database = 'y' }",
            &[],
            "DIR/metaxy.toml:3:1: `stores.dev.database` is also set as `stores.dev.config.database`: keep one of them",
        ),
        (
            "[stores.dev]\ntype = ['x']",
            &[],
            "DIR/metaxy.toml:2:8: `stores.dev.type` must be a string, but is a list",
        ),
        (
            "[stores.dev]\ntype = 'sqlite'\nconfig = { database = 5 }",
            &[],
            "DIR/metaxy.toml:3:23: `stores.dev.config.database` must be a string, but is an integer",
        ),
        (
            "[stores.dev]\ntype = 'sqlite'\nconfig = 'x'",
            &[],
            "DIR/metaxy.toml:3:10: `stores.dev.config` must be a table, but is a string",
        ),
        (
            "[stores.dev]\ntype = 'sqlite'\nfallback_stores = ['a', 5]",
            &[],
            "DIR/metaxy.toml:3:25: `stores.dev.fallback_stores[1]` must be a string, but is an integer",
        ),
        (
            "[stores.dev]\ntype = 'sqlite'\nhash_algorithm = 'sha1'",
            &[],
            "DIR/metaxy.toml:3:18: `stores.dev.hash_algorithm`: unknown algorithm: write one of farmhash, md5, sha256, wyhash, xxh3_64, xxhash32, xxhash64",
        ),
        ("stores = 5", &[], "DIR/metaxy.toml:1:10: `stores` must be a table, but is an integer"),
        (
            "[stores]\ndev = 'sqlite'",
            &[],
            "DIR/metaxy.toml:2:7: `stores.dev` must be a table, but is a string",
        ),
        ("project = 5", &[], "DIR/metaxy.toml:1:11: `project` must be a string, but is an integer"),
        (
            "project = ''",
            &[],
            "DIR/metaxy.toml:1:11: `project`: a project's name must not be empty",
        ),
        (
            "project = 'a/b'",
            &[],
            "DIR/metaxy.toml:1:11: `project`: project name `a/b` must not contain `/`, which separates the parts of feature keys",
        ),
        (
            "project = 'a__b'",
            &[],
            "DIR/metaxy.toml:1:11: `project`: project name `a__b` must not contain `__`, which joins parts in table names",
        ),
        (
            "project = 'a b'",
            &[],
            "DIR/metaxy.toml:1:11: `project`: project name `a b` must contain only a-z, A-Z, 0-9, `_` and `-`",
        ),
        (
            "project = 'é'",
            &[],
            "DIR/metaxy.toml:1:11: `project`: project name `é` must contain only a-z, A-Z, 0-9, `_` and `-`",
        ),
        (
            "project = 'a'",
            &[("METAXY_PROJECT", "")],
            "environment variable METAXY_PROJECT: `project`: a project's name must not be empty",
        ),
        (
            "hash_truncation_length = 7",
            &[],
            "DIR/metaxy.toml:1:26: `hash_truncation_length`: must be at least 8",
        ),
        (
            "hash_truncation_length = -8",
            &[],
            "DIR/metaxy.toml:1:26: `hash_truncation_length`: must be at least 8",
        ),
        (
            "hash_truncation_length = 8.5",
            &[],
            "DIR/metaxy.toml:1:26: `hash_truncation_length` must be an integer, but is a number with a fraction",
        ),
        (
            "hash_truncation_length = 99999999999999999999",
            &[],
            "DIR/metaxy.toml:1:26: `hash_truncation_length` must be an integer, but is a number with a fraction",
        ),
        (
            "",
            &[("METAXY_HASH_TRUNCATION_LENGTH", "x")],
            "environment variable METAXY_HASH_TRUNCATION_LENGTH: `hash_truncation_length` must be an integer, but is text that says something else",
        ),
        (
            "",
            &[("METAXY_STORES", "nope")],
            "environment variable METAXY_STORES: `stores` must be a table, but is text that says something else",
        ),
        (
            "",
            &[("METAXY_ENTRYPOINTS", "a")],
            "environment variable METAXY_ENTRYPOINTS: `entrypoints` must be a list, but is text that says something else",
        ),
        (
            "[stores.dev]\ntype = 'sqlite'",
            &[("METAXY_STORES__DEV__CONFIG__DATBASE", "x")],
            "environment variable METAXY_STORES__DEV__CONFIG__DATBASE: unknown key `stores.dev.config.datbase`: did you mean `database`?",
        ),
        (
            "locked = 'maybe'",
            &[],
            "DIR/metaxy.toml:1:10: `locked` must be true or false, but is a string",
        ),
        (
            "theme = 1979-05-27",
            &[],
            "DIR/metaxy.toml:1:9: `theme` must be a string, but is a date or time",
        ),
        (
            "[[extra_features]]\nproject = ['a']",
            &[],
            "DIR/metaxy.toml:2:1: unknown key `extra_features[0].project`: did you mean `projects`?",
        ),
        (
            "[[extra_features]]\nkeys = ['A']",
            &[],
            "DIR/metaxy.toml:2:9: `extra_features[0].keys[0]`: the first part `A` of key `A` must start with a-z or `_` and hold only a-z, 0-9, `_` and `-`",
        ),
        (
            "# é\ntheme = 'é${NOPE}'",
            &[],
            "DIR/metaxy.toml:2:9: `theme` needs the environment variable NOPE, which is not set: set it, or write a default as `${NOPE:-default}`",
        ),
        (
            "[stores.dev]\ntype = 'sqlite'\r\nconfig = { database = '${NOPE}' }",
            &[],
            "DIR/metaxy.toml:3:23: `stores.dev.config.database` needs the environment variable NOPE, which is not set: set it, or write a default as `${NOPE:-default}`",
        ),
        (
            "project = video",
            &[],
            "DIR/metaxy.toml:1:11: not valid TOML: string values must be quoted, expected literal string",
        ),
        (
            "a = 1\r\nb = 2\r\n[stores",
            &[],
            "DIR/metaxy.toml:3:8: not valid TOML: unclosed table, expected `]`",
        ),
        ("project = 'a'\nproject = 'b'", &[], "DIR/metaxy.toml:2:1: not valid TOML: duplicate key"),
        (
            "[migrations.dev]\nfeatures = { version_tabel = 'x' }",
            &[],
            "DIR/metaxy.toml:2:14: unknown key `migrations.dev.features.version_tabel`: did you mean `version_table`?",
        ),
        (
            "[migrations.dev.sytem]",
            &[],
            "DIR/metaxy.toml:1:17: unknown key `migrations.dev.sytem`: did you mean `system`?",
        ),
        (
            "[migrations]\n[ext.migrations]",
            &[],
            "DIR/metaxy.toml:1:2: `migrations` is also set as `ext.migrations`: keep one of them",
        ),
        (
            "extend = 5",
            &[],
            "DIR/metaxy.toml:1:10: `extend` must be a path, as a string, but is an integer",
        ),
        (
            "extend = 'b.toml'",
            &[],
            "DIR/metaxy.toml:1:10: `extend` names DIR/b.toml, which does not exist",
        ),
    ];
    for (text, variables, expected) in cases {
        refuses(&[("metaxy.toml", text)], variables, expected);
    }
}

#[test]
fn extended_files_are_refused_with_their_chain() {
    refuses(
        &[("metaxy.toml", "extend = 'b.toml'"), ("b.toml", "\nextend = 'c/c.toml'")],
        &[],
        "DIR/b.toml:2:10: `extend` names DIR/c/c.toml, which does not exist (by way of DIR/metaxy.toml -> DIR/b.toml)",
    );
    refuses(
        &[("metaxy.toml", "extend = 'b/b.toml'"), ("b/b.toml", "extend = '../metaxy.toml'")],
        &[],
        "DIR/b/b.toml:1:10: `extend` runs in a circle: DIR/metaxy.toml -> DIR/b/b.toml -> DIR/b/../metaxy.toml",
    );
    refuses(
        &[("metaxy.toml", "extend = 'metaxy.toml'")],
        &[],
        "DIR/metaxy.toml:1:10: `extend` runs in a circle: DIR/metaxy.toml -> DIR/metaxy.toml",
    );
    refuses(
        &[("metaxy.toml", "extend = 'b.toml'"), ("b.toml", "\nproject = 'a b'")],
        &[],
        "DIR/b.toml:2:11: `project`: project name `a b` must contain only a-z, A-Z, 0-9, `_` and `-`",
    );
    refuses(
        &[("pyproject.toml", "[tool]\nmetaxy = 5")],
        &[],
        "DIR/pyproject.toml:2:10: `metaxy` must be a table, but is an integer",
    );
}

#[test]
fn a_long_chain_of_files_is_read() {
    let names: Vec<String> = (0..500).map(|at| format!("{at}.toml")).collect();
    let texts: Vec<String> =
        (1..=500)
            .map(|next| {
                if next < 500 {
                    format!("extend = '{next}.toml'")
                } else {
                    "project = 'end'".into()
                }
            })
            .collect();
    let mut files: Vec<(&str, &str)> =
        names.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
    files.push(("metaxy.toml", "extend = '0.toml'"));
    accepts(&files, &[], r#"project = Some("end")"#);
}

#[test]
fn the_search_goes_upward_past_files_of_other_tools() {
    let files = [
        ("metaxy.toml", "project = 'root'"),
        ("a/pyproject.toml", "[project]\nname = 'metaxy-like'"),
        ("a/b/Cargo.toml", "[package]\nname = 'b'"),
        ("a/b/metaxy.toml/x", ""),
    ];
    let (directory, config) = discover(&files, &[], "a/b/c");
    let config = config.expect("a valid file");
    assert_eq!(config.file, Some(directory.path().join("metaxy.toml")));
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("metaxy.toml");
    let error = Config::load_with(&file, &Environment::default()).expect_err("no file");
    assert!(error.to_string().contains("metaxy.toml: cannot read it: "), "{error}");
    fs::write(&file, b"project = 'a'\n# \xff").expect("a file");
    let error = Config::load_with(&file, &Environment::default()).expect_err("no text");
    assert!(error.to_string().ends_with("line 2 is not UTF-8: save the file as UTF-8"), "{error}");
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

/// What a renderer of diagnostics gets: the line with its secrets left out, and the label in it.
#[test]
fn errors_quote_their_line_without_secrets() {
    for (text, source, label) in [
        ("\nstorre = 'x'", "storre = \"***\"", "storre"),
        ("project = 'a b' # why", "project = 'a b' # ***", "'a b'"),
        ("hash_truncation_length = '7'\r\n", "hash_truncation_length = '7'", "'7'"),
        (
            "[stores]\ndev = { type = 'postgres', connection_strng = 'postgres://u:hunter2@h/d' }",
            "dev = { type = \"***\", connection_strng = \"***\" }",
            "connection_strng",
        ),
        (
            "[stores.dev]\ntype = 'postgres'\nconnection_string = '${NOPE}'",
            "connection_string = '${NOPE}'",
            "'${NOPE}'",
        ),
        (
            "[stores.dev]\ntype = 'postgres'\nconnection_string = 'postgres://u:hunter2@${NOPE}'",
            "connection_string = \"***\"",
            "\"***\"",
        ),
        (
            "[stores.dev]\ntype = 'postgres'\nconnection_string = '''\npostgres://u:hunter2@${NOPE}'''",
            "connection_string = \"***\"",
            "\"***\"",
        ),
        ("connection_string = postgres://u:hunter2@h", "connection_string = ***", "*"),
        ("connection_string = 'postgres://u:hunter2@h", "connection_string = ***", "*"),
        ("connection_string = \"\"\"\nhunter2\\q\"\"\"", "***", "*"),
        ("project = video", "project = video", "v"),
        ("[stores", "[stores", "s"),
    ] {
        let (_directory, config) = discover(&[("metaxy.toml", text)], &[], "");
        let error = config.expect_err("this must be refused");
        let Some(Origin::File(place)) = error.origin() else { panic!("{error} has no place") };
        assert_eq!(place.source, source, "of {text}");
        assert_eq!(&place.source[place.label.clone()], label, "of {text}");
        let (document, label) = place.document();
        assert_eq!(document[label], place.source[place.label.clone()]);
        assert_eq!(document.lines().count(), place.line);
        assert!(!format!("{error}{error:?}").contains("hunter2"), "{error:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever the password is and however the file is broken.
    #[test]
    fn no_password_is_printed(
        password in "[ -~]{3,12}Zq~[ -~é\n]{3,12}",
        shape in prop::sample::select(vec![
            "[stores.dev]\ntype = 'postgres'\nconnection_string = 'postgres://u:PW@h/d'\n",
            "[stores.dev]\ntype = 'postgres'\nconfig = { connection_string = \"postgres://u:PW@h/d\" }\n",
            "[stores.dev]\ntype = 'postgres'\nconnection_string = 'postgres://u:PW@${NOPE}/d'\n",
            "[stores.dev]\ntype = 'postgres'\nconection_string = 'host=h password=PW'\n",
            "[stores.dev]\ntype = 'postgres'\nconnection_params = { password = 'PW', pin = \"PW\" }\n",
            "[stores.dev]\ntype = 'postgres'\n[stores.dev.connection_params]\npassword = PW\n",
            "[stores.dev]\ntype = 'postgres'\nconnection_string = postgres://u:PW@h/d\n",
            "[stores.dev]\ntype = 'postgres'\nconnection_string = '''\nhost=h\npassword=PW\n'''\nx = 1",
            "[stores.dev]\ntype = 'postgres'\nconnection_string = \"\"\"\nhost=h\npassword=PW\n\"\"\"\nx = 1",
            "[stores.dev]\ntype = 'x.Y'\ntoken = 'PW'\n[ext.a]\nkey = 'PW'\n",
            "[stores.dev]\ntype = 'duckdb'\nducklake = { secret = 'PW' }\nhash_algorithm = 5 # PW",
            "project = 'p' # PW\nstorre = 1 # PW",
        ]),
    ) {
        let text = shape.replace("PW", &password);
        let (_directory, config) = discover(&[("metaxy.toml", &text)], &[], "");
        let printed = match &config {
            Ok(config) => format!("{config:?} {:?}", config.store(None)),
            Err(error) => format!("{error} {error:?}"),
        };
        prop_assert!(!printed.contains("Zq~"), "{printed}\nof {text}");
    }
}
