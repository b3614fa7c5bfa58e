//! Mistakes, and what is said of them.

use crate::{Variables, refuses};

#[test]
fn mistakes_are_refused_with_their_place() {
    let keys = "project, store, hash_truncation_length, enable_map_datatype, auto_create_tables, locked, sync, \
                extra_features, metaxy_lock_path, theme, entrypoints, stores, ext, migrations, lints, extend";
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
            "[lints]\nMX101 = 'deny'",
            &[],
            "DIR/metaxy.toml:2:9: `lints.MX101`: must be `error`, `warn`, `note` or `allow`",
        ),
        (
            "[lints]\nMX101 = 5",
            &[],
            "DIR/metaxy.toml:2:9: `lints.MX101` must be a string, but is an integer",
        ),
        (
            "[lints]\n[ext.lints]",
            &[],
            "DIR/metaxy.toml:1:2: `lints` is also set as `ext.lints`: keep one of them",
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
            "DIR/metaxy.toml:1:11: `project`: the name of a project cannot be empty",
        ),
        (
            "project = 'a/b'",
            &[],
            "DIR/metaxy.toml:1:11: `project`: project name `a/b` must hold only letters of ASCII, digits, `_` and `-`",
        ),
        (
            "project = 'a__b'",
            &[],
            "DIR/metaxy.toml:1:11: `project`: project name `a__b` holds `__`, which joins parts in table names: use `_` or `-`",
        ),
        (
            "project = 'a b'",
            &[],
            "DIR/metaxy.toml:1:11: `project`: project name `a b` must hold only letters of ASCII, digits, `_` and `-`",
        ),
        (
            "project = 'é'",
            &[],
            "DIR/metaxy.toml:1:11: `project`: project name `é` must hold only letters of ASCII, digits, `_` and `-`",
        ),
        (
            "project = 'a'",
            &[("METAXY_PROJECT", "")],
            "environment variable METAXY_PROJECT: `project`: the name of a project cannot be empty",
        ),
        (
            "hash_truncation_length = 7",
            &[],
            "DIR/metaxy.toml:1:26: `hash_truncation_length`: versions cannot be cut to 7 digits: the least is 8",
        ),
        (
            "hash_truncation_length = -8",
            &[],
            "DIR/metaxy.toml:1:26: `hash_truncation_length`: must not be negative",
        ),
        (
            "hash_truncation_length = 8.5",
            &[],
            "DIR/metaxy.toml:1:26: `hash_truncation_length` must be an integer, but is a float",
        ),
        (
            "hash_truncation_length = 99999999999999999999",
            &[],
            "DIR/metaxy.toml:1:26: `hash_truncation_length` must be an integer, but is a float",
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
        (
            "",
            &[("METAXY_CONFIG", "nope.toml")],
            "DIR/nope.toml: cannot read it: METAXY_CONFIG names it, but it is not a file",
        ),
    ];
    for (text, variables, expected) in cases {
        refuses(&[("metaxy.toml", text)], variables, expected);
    }
}
