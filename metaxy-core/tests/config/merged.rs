//! How files and variables merge, and what types they are read as.

use crate::{Files, Variables, accepts};

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
            "hash_truncation_length = HashLength(16)",
        ),
        (
            &[("metaxy.toml", "hash_truncation_length = '${L:-16}'")],
            &[("L", "12")],
            "hash_truncation_length = HashLength(12)",
        ),
        (
            &[("metaxy.toml", "hash_truncation_length = 16.0")],
            &[],
            "hash_truncation_length = HashLength(16)",
        ),
        (
            &[("metaxy.toml", "hash_truncation_length = 0x10")],
            &[],
            "hash_truncation_length = HashLength(16)",
        ),
        (&[("metaxy.toml", "locked = 'yes'\nsync = 0")], &[], "locked = Some(true)\nsync = false"),
        (
            &[],
            &[("METAXY_HASH_TRUNCATION_LENGTH", "12"), ("METAXY_LOCKED", "On")],
            "hash_truncation_length = HashLength(12)\nlocked = Some(true)",
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
