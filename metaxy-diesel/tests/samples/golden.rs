//! Runs of writes, resolves and deletes that Metaxy for Python 0.1.11 made, step by step: `data/samples.json`.
//!
//! Its stores (DuckDB, PostgreSQL, Delta) and engines agreed in all of them; each is replayed here on every database. A data version that is not there is the provenance.

use crate::{on_every_database, support::TestDatabase};
use metaxy_core::{FeatureDefinition, FeatureGraph, FeatureKey, FeatureSpec, HashLength, Json};
use metaxy_diesel::{
    rows::{
        DeleteOptions, Filter, OpenStore, ReadOptions, ResolveOptions, Row, RowSet, Value, Version,
        WriteOptions,
    },
    schema::SqlType,
    store::Store,
    system::system_columns,
};
use serde::Deserialize;
use serde_json::{Map, Value as JsonValue, json};
use std::collections::{BTreeMap, BTreeSet};

on_every_database!(runs_are_those_of_python);

#[derive(Deserialize)]
struct Golden {
    tables: BTreeMap<String, BTreeMap<String, String>>,
    features: Vec<JsonValue>,
    changed_features: Vec<JsonValue>,
    steps: Vec<Step>,
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    algorithm: String,
    hash_length: usize,
    expected: Vec<BTreeMap<String, JsonValue>>,
}

#[derive(Deserialize)]
struct Step {
    op: String,
    feature: FeatureKey,
    #[serde(default)]
    graph: Option<String>,
    #[serde(default)]
    samples: Option<Vec<Map<String, JsonValue>>>,
    #[serde(default)]
    rows: Vec<Map<String, JsonValue>>,
    #[serde(default)]
    materialization_id: Option<String>,
    #[serde(default)]
    skip_comparison: bool,
    #[serde(default)]
    stale_where: Option<String>,
    #[serde(default)]
    global_filter: Option<String>,
    #[serde(default)]
    filters: BTreeMap<FeatureKey, String>,
    #[serde(default)]
    filter: Option<String>,
    #[serde(default)]
    write_back: Option<WriteBack>,
    /// What Python's order of rows, which is none, has a part in.
    #[serde(default)]
    nondeterministic: bool,
}

/// What a pipeline does with new and stale rows.
#[derive(Deserialize, Default)]
#[serde(default)]
struct WriteBack {
    set: Map<String, JsonValue>,
    drop: Vec<String>,
    /// One row of each combination of these.
    one_per: Vec<String>,
    /// A row for each value of a column.
    times: BTreeMap<String, Vec<i64>>,
}

fn runs_are_those_of_python(database: &TestDatabase) {
    let golden: Golden =
        serde_json::from_str(include_str!("../data/samples.json")).expect("the runs are JSON");
    let mut connection = database.connect();
    let mut wrong = Vec::new();
    for (number, run) in golden.runs.iter().enumerate() {
        let prefix = format!("run{number}_");
        connection.execute_script(&golden.script(database, &prefix)).expect("tables are created");
        let store = Store {
            table_prefix: prefix,
            hash_algorithm: Some(run.algorithm.clone()),
            ..Store::new("test", database.backend, database.url.clone())
        };
        let graphs = [false, true].map(|changed| golden.graph(changed, run.hash_length));
        let mut open = graphs.each_ref().map(|it| store.open(it).expect("the store opens"));
        for (at, step) in golden.steps.iter().enumerate() {
            let [before, after] = &mut open;
            let store = if step.graph.is_some() { after } else { before };
            let mut found = step.run(store);
            let context = |what: &str| {
                let Run { algorithm, hash_length, .. } = run;
                format!(
                    "{algorithm} {hash_length}, step {at}, {} {}: {what}",
                    step.op, step.feature
                )
            };
            for (what, expected) in &run.expected[at] {
                if step.nondeterministic && what != "written" {
                    continue;
                }
                let expected = normal(expected);
                // Which of the rows of an expanded sample stands for it is not said.
                if what == "orphaned" && step.feature.as_str() == "video/frame" {
                    let rows = found.get_mut(what).and_then(JsonValue::as_array_mut);
                    for row in rows.into_iter().flatten().filter_map(JsonValue::as_object_mut) {
                        row.remove("frame_idx");
                    }
                }
                if found.get(what) != Some(&expected) {
                    let found = found.get(what).map(|it| format!("{it:#}")).unwrap_or_default();
                    wrong.push(format!("{}\n{found}\nexpected {expected:#}", context(what)));
                }
            }
        }
    }
    assert_eq!(golden.runs.len(), 8);
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(5)].join("\n")
    );
}

impl Golden {
    fn graph(&self, changed: bool, hash_length: usize) -> FeatureGraph {
        let changes = self.changed_features.iter().filter(|_| changed);
        let by_key: BTreeMap<&str, &JsonValue> = self
            .features
            .iter()
            .chain(changes)
            .map(|it| (it["key"].as_str().unwrap(), it))
            .collect();
        let definitions = by_key.into_values().map(|feature| {
            let spec = Json::parse(&feature["spec"].to_string()).expect("the spec is JSON");
            FeatureDefinition {
                spec: FeatureSpec::try_from(&spec).expect("the spec is valid"),
                schema: Json::from([("type", Json::from("object"))]).into(),
                class_path: None,
                project: "proj".to_owned(),
                external: false,
                provenance_by_field: None,
                location: None,
            }
        });
        let length = HashLength::new(hash_length).expect("is long enough");
        FeatureGraph::new(definitions, length).expect("the features make a graph")
    }

    /// Tables as Metaxy for Python creates them: without keys, and all columns may be NULL.
    fn script(&self, database: &TestDatabase, prefix: &str) -> String {
        let dialect = database.backend.dialect();
        let mut script = String::new();
        for (table, columns) in &self.tables {
            let mut columns = columns.clone();
            if columns.is_empty() {
                columns.insert("video_id".to_owned(), "text".to_owned());
            }
            let own = columns.into_iter().map(|(column, sql_type)| {
                let sql_type = match sql_type.as_str() {
                    "text" => SqlType::Text,
                    "integer" => SqlType::Integer,
                    "double" => SqlType::Double,
                    other => panic!("no type `{other}`"),
                };
                (column, sql_type)
            });
            let columns = own.chain(system_columns().map(|it| (it.name, it.sql_type)));
            let columns = columns.map(|(column, sql_type)| {
                let sql_type = (dialect.type_name)(&sql_type).expect("every database has the type");
                format!("\"{column}\" {sql_type}")
            });
            let columns = columns.collect::<Vec<_>>().join(", ");
            let options = dialect.table_options;
            script +=
                &database.sql(&format!("CREATE TABLE \"{prefix}{table}\" ({columns}){options};\n"));
        }
        script
    }
}

type Found = BTreeMap<String, JsonValue>;

impl Step {
    fn run(&self, store: &mut OpenStore) -> Found {
        let filters = || self.filter.iter().map(|it| filter(it)).collect::<Vec<_>>();
        let latest = ReadOptions::default();
        match self.op.as_str() {
            "write+read" => {
                let rows = self.rows.iter().map(row).collect();
                self.write(store, rows);
                BTreeMap::from([("stored".to_owned(), read(store, &self.feature, &latest))])
            }
            "resolve_update" => self.resolve(store),
            "soft_delete" | "hard_delete" => {
                let hard = self.op == "hard_delete";
                let options =
                    DeleteOptions { filters: filters(), hard, ..DeleteOptions::default() };
                store.delete_rows(&self.feature, &options).expect("deletes");
                let deleted = ReadOptions { with_deleted: true, ..latest.clone() };
                let history = ReadOptions { with_sample_history: true, ..deleted.clone() };
                [("visible", latest), ("with_deleted", deleted), ("with_history", history)]
                    .into_iter()
                    .map(|(name, options)| (name.to_owned(), read(store, &self.feature, &options)))
                    .collect()
            }
            "read_history" => {
                let all = ReadOptions { version: Version::Any, ..latest.clone() };
                [("current", latest), ("with_feature_history", all)]
                    .into_iter()
                    .map(|(name, options)| (name.to_owned(), read(store, &self.feature, &options)))
                    .collect()
            }
            other => panic!("no step `{other}`"),
        }
    }

    fn resolve(&self, store: &mut OpenStore) -> Found {
        let one = |it: &Option<String>| it.iter().map(|it| filter(it)).collect::<Vec<_>>();
        let options = ResolveOptions {
            filters: self.filters.iter().map(|(key, it)| (key.clone(), vec![filter(it)])).collect(),
            global_filters: one(&self.global_filter),
            stale_where: one(&self.stale_where),
            skip_comparison: self.skip_comparison,
            samples: self.samples.as_ref().map(|rows| rows.iter().map(row).collect()),
            ..ResolveOptions::default()
        };
        let increment = store.resolve_rows(&self.feature, options).expect("resolves");
        let mut rows = |set: &RowSet| {
            let rows = set.rows(store).expect("loads");
            assert_eq!(set.count(store).expect("counts"), rows.len() as u64);
            rows
        };
        let sets = [&increment.new, &increment.stale, &increment.orphaned].map(&mut rows);
        let names = ["new", "stale", "orphaned"];
        let mut found: Found = names
            .into_iter()
            .zip(&sets)
            .map(|(name, rows)| (name.to_owned(), shown(rows)))
            .collect();
        if let Some(write_back) = &self.write_back {
            let [new, stale, _] = sets;
            let rows = write_back.rows(new.into_iter().chain(stale));
            let written = self.write(store, rows);
            found.insert("written".to_owned(), json!(written));
            let stored = read(store, &self.feature, &ReadOptions::default());
            found.insert("stored".to_owned(), stored);
        }
        found
    }

    fn write(&self, store: &mut OpenStore, rows: Vec<Row>) -> usize {
        let options = WriteOptions { materialization_id: self.materialization_id.clone() };
        store.write_rows(&self.feature, rows, &options).expect("writes")
    }
}

impl WriteBack {
    fn rows(&self, rows: impl Iterator<Item = Row>) -> Vec<Row> {
        let mut seen = BTreeSet::new();
        let mut all = Vec::new();
        for mut row in rows {
            let id: Vec<_> =
                self.one_per.iter().map(|it| row.text(it).map(str::to_owned)).collect();
            if !id.is_empty() && !seen.insert(id) {
                continue;
            }
            self.drop.iter().for_each(|it| _ = row.remove(it));
            self.set.iter().for_each(|(column, it)| _ = row.insert(column.clone(), value(it)));
            match self.times.iter().next() {
                None => all.push(row),
                Some((column, values)) => all.extend(values.iter().map(|it| {
                    let mut row = row.clone();
                    row.insert(column.clone(), *it);
                    row
                })),
            }
        }
        all
    }
}

fn filter(text: &str) -> Filter {
    Filter::parse(text).expect("the filter is valid")
}

fn row(row: &Map<String, JsonValue>) -> Row {
    row.iter().map(|(column, it)| (column.clone(), value(it))).collect()
}

fn value(json: &JsonValue) -> Value {
    match json {
        JsonValue::Null => Value::Null,
        JsonValue::String(text) => text.as_str().into(),
        JsonValue::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64().expect("is a number").into(),
        },
        other => other.clone().into(),
    }
}

fn read(store: &mut OpenStore, feature: &FeatureKey, options: &ReadOptions) -> JsonValue {
    shown(&store.read_rows(feature, options).expect("reads"))
}

/// Rows as the golden file has them.
fn shown(rows: &[Row]) -> JsonValue {
    let shown = |(column, value): (&str, &Value)| {
        let json = match value {
            Value::Null => JsonValue::Null,
            Value::Bool(value) => json!(value),
            Value::Int(value) => json!(value),
            Value::Float(value) => json!(value),
            Value::Text(value) => json!(value),
            Value::Json(value) => value.clone(),
            Value::Moment(_) => json!(true),
            Value::Bytes(_) => panic!("no bytes"),
        };
        (column.to_owned(), json)
    };
    let left_out = |column: &str| {
        matches!(
            column,
            "metaxy_created_at"
                | "metaxy_updated_at"
                | "metaxy_feature_version"
                | "metaxy_project_version"
        )
    };
    let row = |row: &Row| -> JsonValue {
        row.iter().filter(|(column, _)| !left_out(column)).map(shown).collect::<Map<_, _>>().into()
    };
    normal(&rows.iter().map(row).collect())
}

/// Rows with all that the file leaves out, in an order.
fn normal(rows: &JsonValue) -> JsonValue {
    let JsonValue::Array(rows) = rows else { return rows.clone() };
    let mut rows: Vec<JsonValue> = rows
        .iter()
        .map(|row| {
            let mut row = row.as_object().expect("a row is an object").clone();
            for (data, provenance) in [
                ("metaxy_data_version", "metaxy_provenance"),
                ("metaxy_data_version_by_field", "metaxy_provenance_by_field"),
            ] {
                let provenance = row[provenance].clone();
                row.entry(data).or_insert(provenance);
            }
            for nullable in ["metaxy_deleted_at", "metaxy_materialization_id"] {
                row.entry(nullable).or_insert(JsonValue::Null);
            }
            row.into_iter().collect::<BTreeMap<_, _>>().into_iter().collect::<Map<_, _>>().into()
        })
        .collect();
    rows.sort_by_key(JsonValue::to_string);
    rows.into()
}
