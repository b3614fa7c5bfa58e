//! The cases of lints: what is found in a script, or in the migration from one schema to another.
//!
//! A file has cases of one group:
//!
//! ```toml
//! [[case]]
//! about = "what the case shows"
//! databases = ["postgres"]            # all, unless it says which
//! up = '''…'''                        # either scripts,
//! down = '''…'''
//! transaction = false                 # `run_in_transaction`; true, unless it says so
//! before = [{ name = "t", … }]        # or the tables that are there,
//! after = [{ name = "t", … }]         # and those that are wanted
//! found = ["MX101 up.sql:1 t"]        # code, script, line, object
//! ```

use metaxy_core::config::LintsConfig;
use metaxy_diesel::{
    Backend, Schema,
    diff::diff,
    lint::{Group, LINTS, lint},
    migration::{Metadata, Migration, Origin},
    plan::plan,
    schema::Table,
};
use serde::Deserialize;
use std::{collections::BTreeSet, fs, path::Path};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    about: String,
    #[serde(default = "every_database")]
    databases: Vec<Backend>,
    #[serde(default)]
    up: String,
    down: Option<String>,
    #[serde(default = "yes")]
    transaction: bool,
    #[serde(default)]
    before: Vec<Table>,
    #[serde(default)]
    after: Vec<Table>,
    found: Vec<String>,
}

fn every_database() -> Vec<Backend> {
    vec![Backend::Sqlite, Backend::Postgres, Backend::Mysql, Backend::MariaDb]
}

fn yes() -> bool {
    true
}

fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lints");
    let mut cases = Vec::new();
    for entry in fs::read_dir(root).expect("the cases are there") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|it| it == "toml") {
            let text = fs::read_to_string(&path).expect("a file can be read");
            let file: File =
                toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            cases.extend(file.case);
        }
    }
    cases
}

impl Case {
    fn found(&self, backend: Backend) -> Vec<String> {
        let mut metadata = Metadata { run_in_transaction: self.transaction, metaxy: None };
        let after = Schema::from_iter(self.after.iter().cloned());
        let (up, down) = match after.tables.is_empty() && self.before.is_empty() {
            true => (self.up.clone(), self.down.clone()),
            false => {
                let before = Schema::from_iter(self.before.iter().cloned());
                let dialect = backend.dialect();
                let difference = diff(&before, &after, dialect).expect("it can be said");
                let risks = difference.risks();
                let named: Vec<_> = risks.iter().map(|it| it.object()).collect();
                let plan = plan(&difference, dialect, &named).expect("it can be written");
                let (version, scope) = ("0".to_owned(), "features".to_owned());
                let origin = Origin {
                    version,
                    backend,
                    scope,
                    follows: None,
                    over: vec![],
                    formerly: vec![],
                    risks,
                    revert_drops: vec![],
                    rebuilds: vec![],
                    backfills: vec![],
                };
                metadata.metaxy = Some(origin);
                (plan.up_sql(), Some(plan.down_sql()))
            }
        };
        let migration = Migration::new("1_case", up, down, metadata);
        let findings = lint(&migration, backend, Some(&after), &LintsConfig::default());
        let words = findings.iter().map(|it| {
            let line = it.line.map(|line| format!(":{line}")).unwrap_or_default();
            format!("{} {}{line} {}", it.lint.code, it.file, it.object).trim_end().to_owned()
        });
        words.collect()
    }
}

#[test]
fn cases_find_what_they_say() {
    let mut wrong = Vec::new();
    for case in cases() {
        for backend in &case.databases {
            let found = case.found(*backend);
            if found != case.found {
                wrong.push(format!(
                    "{} on {backend}:\n  expected {:#?}\n  found {found:#?}",
                    case.about, case.found
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_finds_something_and_has_its_place() {
    let found: BTreeSet<String> =
        cases().iter().flat_map(|case| case.found.iter().map(|it| it[..5].to_owned())).collect();
    for lint in LINTS {
        // Off, unless the configuration says otherwise.
        let off = lint.level == metaxy_core::config::LintLevel::Allow;
        assert!(off || found.contains(lint.code), "no case finds {}", lint.code);
        let digit = match lint.group {
            Group::Destructive => '1',
            Group::Data => '2',
            Group::Code => '3',
            Group::Locks => '4',
            Group::Names => '5',
            Group::Conventions => '6',
            Group::Ignores => '9',
        };
        assert_eq!(lint.code.chars().nth(2), Some(digit), "{}", lint.code);
    }
    assert!(LINTS.is_sorted_by(|one, other| one.code < other.code), "sorted, and each code once");
}

#[test]
fn levels_are_those_of_the_configuration() {
    let folder = tempfile::tempdir().expect("a directory");
    let file = folder.path().join("metaxy.toml");
    fs::write(&file, "[lints]\nMX101 = 'error'\nMX102 = 'allow'\nMX414 = 'note'").expect("written");
    let config = metaxy_core::config::Config::load(&file).expect("it is well-formed");
    let up = "DROP TABLE a; ALTER TABLE b DROP COLUMN c;".to_owned();
    let metadata = Metadata { run_in_transaction: true, metaxy: None };
    let migration = Migration::new("1_case", up, None, metadata);
    let findings = lint(&migration, Backend::Postgres, None, &config.lints);
    let words: Vec<_> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(words[0], "error MX101 1_case/up.sql:1 a: drops a table with its rows");
    let codes: Vec<_> = findings.iter().map(|it| it.lint.code).collect();
    assert_eq!(codes, ["MX101", "MX414"]);
}

/// `METAXY_BLESS=1` writes the table.
#[test]
fn the_table_in_the_docs_is_the_list() {
    let table = metaxy_diesel::lint::table();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/lints.md");
    let docs = fs::read_to_string(&path).expect("the docs can be read");
    let (head, rest) = docs.split_once("<!-- rules -->\n").expect("the table's place");
    let (found, tail) = rest.split_once("<!-- end -->").expect("the table's end");
    if std::env::var_os("METAXY_BLESS").is_some() {
        let docs = format!("{head}<!-- rules -->\n{table}<!-- end -->{tail}");
        fs::write(&path, docs).expect("the docs can be written");
    } else {
        assert_eq!(found, table, "docs/lints.md: METAXY_BLESS=1 writes it");
    }
}
