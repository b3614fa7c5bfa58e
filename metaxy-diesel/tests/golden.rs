//! The SQL of the golden cases. That it runs is tested with the databases.

#[expect(dead_code, reason = "rows are for the databases, and names for the mutations")]
mod cases;

use cases::{Case, Expected, cases};
use metaxy_diesel::{Backend, diff::diff};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::Path,
};

#[test]
fn sql_is_as_expected() {
    let mut wrong = Vec::new();
    for case in cases() {
        let backends = case.backends().into_iter();
        let found: BTreeMap<_, _> =
            backends.map(|backend| (backend, outcome(&case, backend))).collect();
        if std::env::var_os("METAXY_BLESS").is_some() {
            bless(&case, &found);
        } else if found != case.expected {
            wrong.push(format!("{}:\n{}", case.path.display(), sections(&found)));
        }
    }
    assert!(wrong.is_empty(), "{} cases differ:\n\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn nothing_is_left_to_do_afterwards() {
    for case in cases() {
        let is_refused =
            |it: &Backend| matches!(case.expected.get(it), Some(Expected::Refusal { .. }));
        for backend in case.backends().into_iter().filter(|it| !is_refused(it)) {
            for schema in [case.before(), case.after()] {
                let dialect = backend.dialect();
                let normal = dialect.normalise(&schema);
                let difference = diff(&normal, &schema, dialect).expect("nothing is ambiguous");
                assert_eq!(difference.changes, [], "{}", case.path.display());
                assert_eq!(dialect.normalise(&normal), normal, "{}", case.path.display());
            }
        }
    }
}

/// What others try is tried here too.
#[test]
fn scenarios_of_others_have_cases() {
    let scenarios: Scenarios = toml::from_str(include_str!("scenarios.toml")).expect("well-formed");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut seen = BTreeSet::new();
    let mut tried: BTreeMap<Peer, usize> = BTreeMap::new();
    for Scenario { subject, what, of, cases } in &scenarios.scenario {
        assert!(seen.insert((subject, what)), "{subject}: {what}: twice");
        assert!(!of.is_empty() && !cases.is_empty(), "{subject}: {what}: of nobody, or untried");
        for case in cases {
            let path = root.join(case).with_extension("toml");
            assert!(path.exists(), "{subject}: {what}: there is no case {case}");
        }
        of.iter().for_each(|peer| *tried.entry(*peer).or_default() += 1);
    }
    for Elsewhere { what, of, why } in &scenarios.elsewhere {
        assert!(!of.is_empty() && !why.is_empty(), "{what}");
    }
    println!("scenarios of others: {tried:?}");
    assert_eq!(tried.len(), 4, "of each peer some");
}

/// The scenarios of other tools' tests.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenarios {
    scenario: Vec<Scenario>,
    /// What is no matter of schemas here, or is tested elsewhere.
    elsewhere: Vec<Elsewhere>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    subject: String,
    what: String,
    of: Vec<Peer>,
    /// `TOPIC/CASE`.
    cases: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Elsewhere {
    what: String,
    of: Vec<Peer>,
    why: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Peer {
    Alembic,
    Atlas,
    Django,
    Sqldef,
}

fn outcome(case: &Case, backend: Backend) -> Expected {
    case.outcome(case.difference(backend), backend)
}

/// Rewrites the sections of the databases, and leaves what is above them.
fn bless(case: &Case, found: &BTreeMap<Backend, Expected>) {
    let text = fs::read_to_string(&case.path).expect("it was read before");
    let inputs = text.lines().take_while(|line| !is_section(line));
    let inputs: String = inputs.map(|line| format!("{line}\n")).collect();
    let text = format!("{}\n\n{}", inputs.trim_end(), sections(found));
    fs::write(&case.path, text).expect("a case can be written");
}

fn is_section(line: &str) -> bool {
    Backend::ALL.iter().any(|backend| line == format!("[{}]", backend.name()))
}

fn sections(found: &BTreeMap<Backend, Expected>) -> String {
    let mut text = String::new();
    for (backend, expected) in found {
        let parts: &[(&str, &String)] = match expected {
            Expected::Migration { up, down } => &[("up", up), ("down", down)],
            Expected::Refusal { error } => &[("error", error)],
        };
        writeln!(text, "[{}]", backend.name()).expect("a string");
        for (key, value) in parts {
            write!(text, "{key} = '''\n{value}'''\n").expect("a string");
        }
        text.push('\n');
    }
    text.trim_end().to_owned() + "\n"
}
