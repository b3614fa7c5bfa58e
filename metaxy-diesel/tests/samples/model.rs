//! Random writes, deletes and resolves, against a model that does the same in memory the plain way.

use crate::{on_every_database, support::TestDatabase};
use metaxy_core::{FeatureDefinition, FeatureGraph, FeatureKey, FeatureSpec, HashLength, Json};
use metaxy_diesel::{
    Backend,
    rows::{
        DeleteOptions, HashAlgorithm, OpenStore, ReadOptions, ResolveOptions, Row, RowSet, Value,
        WriteOptions,
    },
    schema::SqlType,
    store::Store,
    system::system_columns,
};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

on_every_database!(stores_do_as_the_model);

/// Roots `r` and `s` with the id `k`, and `t` with `k` and `n`; what is made of them has the id `k`, and `many` also `n`.
pub const FEATURES: [&str; 7] = [
    r#"{"key": "r", "id_columns": ["k"], "fields": [{"key": "a"}, {"key": "b"}]}"#,
    r#"{"key": "s", "id_columns": ["k"], "fields": [{"key": "c"}]}"#,
    r#"{"key": "t", "id_columns": ["k", "n"], "fields": [{"key": "d/x"}]}"#,
    r#"{"key": "joined", "id_columns": ["k"], "fields": [{"key": "a", "code_version": "2"}, {"key": "all"}],
        "deps": [{"feature": "s", "optional": true},
                 {"feature": "r", "rename": {"x": "height"}, "select": ["height"], "sql_filters": ["height > 0"]}]}"#,
    r#"{"key": "either", "id_columns": ["k"], "fields": [{"key": "e"}],
        "deps": [{"feature": "r", "optional": true, "select": []}, {"feature": "s", "optional": true, "select": []}]}"#,
    r#"{"key": "total", "id_columns": ["k"], "fields": [{"key": "sum"}],
        "deps": [{"feature": "t", "select": [], "lineage": {"relationship": {"type": "N:1", "on": ["k"]}}}]}"#,
    r#"{"key": "many", "id_columns": ["k", "n"], "fields": [{"key": "part"}],
        "deps": [{"feature": "r", "select": [], "lineage": {"relationship": {"type": "1:N", "on": ["k"]}}}]}"#,
];

const ROOTS: [&str; 3] = ["r", "s", "t"];
const DERIVED: [&str; 4] = ["joined", "either", "total", "many"];

#[derive(Debug, Clone)]
enum Op {
    /// Rows of a root: `k`, `n`, `x` and a version.
    Write(usize, Vec<(u8, u8, i8, u8)>),
    /// Samples of a root, by `k`.
    Delete(usize, u8, bool),
    /// Resolve, compare, write what is new and stale, and remove what is orphaned.
    Make(usize),
}

fn op() -> impl Strategy<Value = Op> {
    let row = (0..4u8, 0..3u8, -1..2i8, 0..3u8);
    prop_oneof![
        4 => (0..3usize, prop::collection::vec(row, 1..5)).prop_map(|(root, rows)| Op::Write(root, rows)),
        2 => (0..3usize, 0..4u8, any::<bool>()).prop_map(|(root, k, hard)| Op::Delete(root, k, hard)),
        3 => (0..4usize).prop_map(Op::Make),
    ]
}

fn stores_do_as_the_model(database: &TestDatabase) {
    tables_do_as_the_model(database, &script(database), Model::default());
}

/// Versions by field as Metaxy for Python keeps them on DuckDB besides maps: as structs, by its own tables, and as JSON, by those
/// of SQLModel.
#[cfg(feature = "duckdb")]
#[test]
fn structs_do_as_the_model() {
    let database = &TestDatabase::new(Backend::DuckDb);
    tables_do_as_the_model(database, &with_structs(&script(database)), Model::default());
}

#[cfg(feature = "duckdb")]
#[test]
fn json_does_as_the_model() {
    let database = &TestDatabase::new(Backend::DuckDb);
    let model = Model { hashes_json: true, ..Model::default() };
    tables_do_as_the_model(database, &script(database).replace(MAP, "JSON"), model);
}

fn tables_do_as_the_model(database: &TestDatabase, script: &str, empty: Model) {
    let graph = graph();
    let store = Store {
        hash_algorithm: Some("md5".to_owned()),
        ..Store::new("test", database.backend, database.url.clone())
    };
    database.connect().execute_script(script).expect("creates the tables");
    let open = std::cell::RefCell::new(store.open(&graph).expect("opens"));
    let cases = if database.backend == Backend::Sqlite { 100 } else { 15 };
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let run = TestRunner::new(config).run(&prop::collection::vec(op(), 1..14), |ops| {
        let store = &mut *open.borrow_mut();
        for feature in ROOTS.into_iter().chain(DERIVED) {
            store.drop_rows(&key(feature)).expect("drops");
        }
        let mut model = empty.clone();
        for op in ops {
            match op {
                Op::Write(root, rows) => model.write_root(ROOTS[root], rows, store),
                Op::Delete(root, k, hard) => model.delete(ROOTS[root], k, hard, store)?,
                Op::Make(derived) => model.make(DERIVED[derived], store)?,
            }
        }
        Ok(())
    });
    run.unwrap_or_else(|failure| panic!("{failure}"));
}

pub fn key(feature: &str) -> FeatureKey {
    FeatureKey::new(feature).expect("is a key")
}

pub fn graph() -> FeatureGraph {
    let definitions = FEATURES.map(|spec| FeatureDefinition {
        spec: FeatureSpec::try_from(&Json::parse(spec).expect("is JSON")).expect("is a spec"),
        schema: Json::from([("type", Json::from("object"))]).into(),
        class_path: None,
        project: "p".to_owned(),
        external: false,
        provenance_by_field: None,
        location: None,
    });
    FeatureGraph::new(definitions, HashLength::default()).expect("the features make a graph")
}

/// Tables with all columns that any feature has, and the composite key for half of them.
pub fn script(database: &TestDatabase) -> String {
    let dialect = database.backend.dialect();
    let own = [("k", SqlType::Varchar(20)), ("n", SqlType::Integer), ("x", SqlType::Integer)];
    let own = own.map(|(name, sql_type)| (name.to_owned(), sql_type));
    let system = system_columns().map(|it| match it.name.as_str() {
        "metaxy_feature_version" => (it.name, SqlType::Varchar(20)),
        _ => (it.name, it.sql_type),
    });
    let columns: Vec<_> = own.into_iter().chain(system).collect();
    let tables = ROOTS.iter().chain(&DERIVED).enumerate().map(|(at, table)| {
        let columns = columns.iter().map(|(name, sql_type)| {
            let sql_type = (dialect.type_name)(sql_type).expect("every database has the type");
            format!("\"{name}\" {sql_type}")
        });
        let ids = if matches!(*table, "t" | "many") { "\"k\", \"n\"" } else { "\"k\"" };
        let key = format!("PRIMARY KEY (\"metaxy_feature_version\", {ids}, \"metaxy_updated_at\")");
        let parts: Vec<_> = columns.chain((at % 2 == 0).then_some(key)).collect();
        let options = dialect.table_options;
        database.sql(&format!("CREATE TABLE \"{table}\" ({}){options};\n", parts.join(", ")))
    });
    tables.collect()
}

/// What DuckDB's tables keep versions by field in.
#[cfg(feature = "duckdb")]
pub const MAP: &str = "MAP(VARCHAR, VARCHAR)";

/// The tables with structs of the fields of each, in place of maps.
#[cfg(feature = "duckdb")]
pub fn with_structs(script: &str) -> String {
    let tables = FEATURES.iter().zip(script.lines().zip(ROOTS.iter().chain(&DERIVED)));
    let tables = tables.map(|(spec, (table, name))| {
        let spec: serde_json::Value = serde_json::from_str(spec).expect("is JSON");
        assert_eq!(spec["key"], **name, "tables are in the order of the features");
        let fields = spec["fields"].as_array().expect("there are some").iter();
        let fields = fields.map(|it| it["key"].as_str().expect("is a text").replace('/', "_"));
        let fields: Vec<_> = fields.map(|it| format!("\"{it}\" VARCHAR")).collect();
        table.replace(MAP, &format!("STRUCT({})", fields.join(", "))) + "\n"
    });
    tables.collect()
}

type Id = (String, Option<i64>);

/// A sample that is there: its `x`, and its versions.
#[derive(Debug, Clone, PartialEq)]
struct Kept {
    x: i64,
    versions: BTreeMap<String, String>,
}

/// A field, its code version, and its parents with their versions.
type Recipe<'a> = (&'a str, &'a str, Vec<(&'a str, String)>);

/// What is there of each feature: the present rows, and nothing of the past, which nothing may depend on but for what comes to
/// light again when rows are removed.
#[derive(Debug, Default, Clone)]
struct Model {
    /// Whether the text of the JSON of a version is hashed, as Metaxy for Python does on DuckDB.
    hashes_json: bool,
    /// All rows in the order that they were written; `None`: a deletion.
    rows: BTreeMap<&'static str, Vec<(Id, Option<Kept>)>>,
}

/// A row of a set: its id, what else tells it apart, and its versions.
type Shown = (Id, BTreeMap<String, String>, String);

impl Model {
    fn present(&self, feature: &str) -> BTreeMap<Id, Kept> {
        let mut present = BTreeMap::new();
        for (id, row) in self.rows.get(feature).into_iter().flatten() {
            match row {
                Some(row) => present.insert(id.clone(), row.clone()),
                None => present.remove(id),
            };
        }
        present
    }

    fn write_root(
        &mut self,
        root: &'static str,
        rows: Vec<(u8, u8, i8, u8)>,
        store: &mut OpenStore,
    ) {
        let mut batch = BTreeMap::new();
        for (k, n, x, version) in rows {
            let id = (format!("k{k}"), (root == "t").then_some(n.into()));
            batch.insert(id, (i64::from(x), version));
        }
        let mut written = Vec::new();
        for (id, (x, version)) in batch {
            let fields: &[&str] = match root {
                "r" => &["a", "b"],
                "s" => &["c"],
                _ => &["d_x"],
            };
            let versions: BTreeMap<_, _> =
                fields.iter().map(|it| ((*it).to_owned(), format!("{it}{version}"))).collect();
            let kept = Kept { x, versions };
            written.push(row(&id, &kept));
            self.rows.entry(root).or_default().push((id, Some(kept)));
        }
        store.write_rows(&key(root), written, &WriteOptions::default()).expect("writes");
    }

    fn delete(
        &mut self,
        root: &'static str,
        k: u8,
        hard: bool,
        store: &mut OpenStore,
    ) -> Result<(), TestCaseError> {
        let k = format!("k{k}");
        let filters = vec![format!("k = '{k}'").parse().expect("is a filter")];
        let options = DeleteOptions { filters, hard, all_versions: false };
        store.delete_rows(&key(root), &options).expect("deletes");
        if hard {
            self.rows.entry(root).or_default().retain(|(id, _)| id.0 != k);
        } else {
            let ids: Vec<Id> = self.present(root).into_keys().filter(|id| id.0 == k).collect();
            self.rows.entry(root).or_default().extend(ids.into_iter().map(|id| (id, None)));
        }
        let count = store.count_rows(&key(root), &ReadOptions::default()).expect("counts");
        prop_assert_eq!(count, self.present(root).len() as u64);
        Ok(())
    }

    fn make(&mut self, feature: &'static str, store: &mut OpenStore) -> Result<(), TestCaseError> {
        let expected = self.expected(feature);
        let current = self.present(feature);
        // Of a sample that was made into many, one is compared.
        let compared: BTreeMap<&String, &Kept> =
            current.iter().rev().map(|(id, kept)| (&id.0, kept)).collect();
        let is_new = |it: &&Shown| !compared.contains_key(&it.0.0);
        let is_stale =
            |it: &&Shown| compared.get(&it.0.0).is_some_and(|kept| hash_of(&kept.versions) != it.2);
        let new: Vec<Shown> = expected.iter().filter(is_new).cloned().collect();
        let stale: Vec<Shown> = expected.iter().filter(is_stale).cloned().collect();
        let keys: BTreeSet<&String> = expected.iter().map(|it| &it.0.0).collect();
        let orphaned: BTreeSet<&String> =
            current.keys().map(|id| &id.0).filter(|k| !keys.contains(k)).collect();

        let increment =
            store.resolve_rows(&key(feature), ResolveOptions::default()).expect("resolves");
        let mut load = |set: &RowSet| set.rows(store).expect("loads");
        let found = [load(&increment.new), load(&increment.stale), load(&increment.orphaned)];
        prop_assert_eq!(shown(&found[0]), sorted(new.clone()), "new of {}", feature);
        prop_assert_eq!(shown(&found[1]), sorted(stale.clone()), "stale of {}", feature);
        let found_orphans: BTreeSet<String> =
            found[2].iter().map(|it| it.text("k").expect("has an id").to_owned()).collect();
        prop_assert_eq!(found_orphans.iter().collect::<BTreeSet<_>>(), orphaned);

        let mut written = BTreeMap::new();
        for ((k, _), versions, _) in new.into_iter().chain(stale) {
            let children: &[Option<i64>] =
                if feature == "many" { &[Some(0), Some(1)] } else { &[None] };
            for n in children {
                written.insert((k.clone(), *n), Kept { x: 0, versions: versions.clone() });
            }
        }
        let rows: Vec<Row> = written.iter().map(|(id, kept)| row(id, kept)).collect();
        store.write_rows(&key(feature), rows, &WriteOptions::default()).expect("writes");
        let rows = self.rows.entry(feature).or_default();
        rows.extend(written.into_iter().map(|(id, kept)| (id, Some(kept))));
        for k in found_orphans {
            let filters = vec![format!("k = '{k}'").parse().expect("is a filter")];
            let options = DeleteOptions { filters, hard: true, all_versions: false };
            store.delete_rows(&key(feature), &options).expect("deletes");
            rows.retain(|(id, _)| id.0 != k);
        }
        Ok(())
    }

    /// What of a version upstream is hashed.
    fn hashed(&self, version: &str) -> String {
        if self.hashes_json { json!(version).to_string() } else { version.to_owned() }
    }

    /// What a feature should have, by the definition.
    fn expected(&self, feature: &str) -> Vec<Shown> {
        let (r, s) = (self.present("r"), self.present("s"));
        let of = |from: &BTreeMap<Id, Kept>, k: &str, field: &str| {
            let kept = from.get(&(k.to_owned(), None));
            kept.map_or_else(String::new, |it| self.hashed(&it.versions[field]))
        };
        let made = |id: Id, fields: &[Recipe]| {
            let versions: BTreeMap<String, String> = fields
                .iter()
                .map(|(field, code, parents)| {
                    let mut text = format!("{field}|{code}");
                    parents.iter().for_each(|(name, v)| text += &format!("|{name}|{v}"));
                    ((*field).to_owned(), hash(&text))
                })
                .collect();
            let provenance = hash_of(&versions);
            (id, versions, provenance)
        };
        let initial = "__metaxy_initial__";
        match feature {
            "joined" => {
                let high = r.iter().filter(|(_, kept)| kept.x > 0);
                high.map(|((k, _), _)| {
                    let a = ("r.a", of(&r, k, "a"));
                    let all = vec![a.clone(), ("r.b", of(&r, k, "b")), ("s.c", of(&s, k, "c"))];
                    // The field `a` has a namesake in `r`, and none in `s`: all of that.
                    let own = vec![a, ("s.c", of(&s, k, "c"))];
                    made((k.clone(), None), &[("a", "2", own), ("all", initial, all)])
                })
                .collect()
            }
            "either" => {
                let keys: BTreeSet<&String> = r.keys().chain(s.keys()).map(|id| &id.0).collect();
                keys.into_iter()
                    .map(|k| {
                        let all = vec![
                            ("r.a", of(&r, k, "a")),
                            ("r.b", of(&r, k, "b")),
                            ("s.c", of(&s, k, "c")),
                        ];
                        made((k.clone(), None), &[("e", initial, all)])
                    })
                    .collect()
            }
            "total" => {
                let t = self.present("t");
                let mut groups: BTreeMap<&String, Vec<String>> = BTreeMap::new();
                for ((k, _), kept) in &t {
                    groups.entry(k).or_default().push(self.hashed(&kept.versions["d_x"]));
                }
                t.keys()
                    .map(|(k, _)| {
                        let all = hash(&groups[k].join("|"));
                        made((k.clone(), None), &[("sum", initial, vec![("t.d/x", all)])])
                    })
                    .collect()
            }
            _ => r
                .keys()
                .map(|(k, _)| {
                    let all = vec![("r.a", of(&r, k, "a")), ("r.b", of(&r, k, "b"))];
                    made((k.clone(), None), &[("part", initial, all)])
                })
                .collect(),
        }
    }
}

fn hash(text: &str) -> String {
    HashAlgorithm::Md5.hash(text, HashLength::default())
}

fn hash_of(versions: &BTreeMap<String, String>) -> String {
    hash(&versions.values().map(String::as_str).collect::<Vec<_>>().join("|"))
}

fn row(id: &Id, kept: &Kept) -> Row {
    let mut row = Row::from([
        ("k", Value::from(id.0.as_str())),
        ("x", kept.x.into()),
        ("metaxy_provenance_by_field", json!(kept.versions).into()),
    ]);
    if let Some(n) = id.1 {
        row.insert("n", n);
    }
    row
}

/// The rows of a set, sorted, without the columns that ids of the model do not have.
fn shown(rows: &[Row]) -> Vec<Shown> {
    let shown = rows.iter().map(|row| {
        let id = (row.text("k").expect("has an id").to_owned(), None);
        let versions = row.get("metaxy_provenance_by_field");
        let Some(Value::Json(versions)) = versions else { panic!("no versions: {row:?}") };
        let versions = serde_json::from_value(versions.clone()).expect("is a map of texts");
        (id, versions, row.text("metaxy_provenance").expect("has a version").to_owned())
    });
    sorted(shown.collect())
}

fn sorted(mut rows: Vec<Shown>) -> Vec<Shown> {
    rows.sort();
    rows
}
