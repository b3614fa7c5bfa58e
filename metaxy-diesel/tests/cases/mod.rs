//! The golden cases: what has to change from one schema to another, and the SQL that does it on each database.
//!
//! A case is a file `tests/golden/TOPIC/CASE.toml`:
//!
//! ```toml
//! about = "what the case shows"
//! allow_destructive = ["table.column"]    # optional, as are:
//! renames = ["table.old:new"]
//! backfills = ["table.column=expression"]
//! databases = ["postgres"]                # none: all of them
//!
//! before_enums = [{ name = "mood", values = ["sad", "ok"] }]   # enumerated types; likewise `after_enums`
//! [rows]                                  # SQL that every database takes, names in double quotes
//! insert = ["INSERT INTO t VALUES (1)"]   # what is in the tables before
//! up = ["(SELECT count(*) FROM t) = 1"]   # conditions that hold after `up`,
//! down = ["…"]                            # and after `down`
//! fill = ["t.column=expression"]          # what a user writes into the places of `down`
//!
//! [[before]]                              # tables as snapshots have them; none: an empty database
//! name = "t"
//! columns = [{ name = "id", type = "integer" }]
//!
//! [[after]]
//! …
//!
//! [sqlite]                                # for each database: either `up` and `down`, or `error`
//! up = '''…'''
//! down = '''…'''
//! ```
//!
//! `METAXY_BLESS=1 cargo test -p metaxy-diesel --test golden` writes what the databases' sections should be, and
//! `METAXY_CASES=index/` leaves out all cases whose path does not hold that.

use metaxy_diesel::{
    Backend, Schema,
    diff::{Difference, diff, diff_with},
    hints::{Backfill, Rename, fill, with_renames},
    plan::plan,
    schema::{EnumType, Table},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    str::FromStr,
};

/// A golden case.
#[derive(Debug, Deserialize)]
pub struct Case {
    /// Where it was read from.
    #[serde(skip)]
    pub path: PathBuf,
    /// What it shows.
    #[expect(dead_code, reason = "for people who read the file")]
    about: String,
    /// What may be lost.
    #[serde(default)]
    pub allow_destructive: Vec<String>,
    /// Renames that the schema does not say: `clip.path:file`.
    #[serde(default)]
    renames: Vec<String>,
    /// Values of rows that are there: `clip.path=''`.
    #[serde(default)]
    backfills: Vec<String>,
    /// The databases that it is of; none: all of them.
    #[serde(default)]
    databases: Vec<Backend>,
    /// The enumerated types that are there.
    #[serde(default)]
    before_enums: Vec<EnumType>,
    /// What the tables hold.
    #[serde(default)]
    pub rows: Rows,
    /// The tables that are there.
    #[serde(default)]
    before: Vec<Table>,
    /// The enumerated types that are wanted.
    #[serde(default)]
    after_enums: Vec<EnumType>,
    /// The tables that are wanted.
    #[serde(default)]
    after: Vec<Table>,
    /// What is expected, by backend: a key that is no backend's is an error.
    #[serde(flatten)]
    pub expected: BTreeMap<Backend, Expected>,
}

/// Rows, as SQL that every database takes.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rows {
    /// The statements that insert them.
    pub insert: Vec<String>,
    /// Conditions that hold after `up`.
    pub up: Vec<String>,
    /// Conditions that hold after `down`.
    pub down: Vec<String>,
    /// Values for the places in `down`: `clip.path=''`.
    pub fill: Vec<String>,
}

/// What a case expects of a database.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Expected {
    /// A migration.
    Migration {
        /// Its `up.sql`.
        up: String,
        /// Its `down.sql`.
        down: String,
    },
    /// A refusal.
    Refusal {
        /// In these words.
        error: String,
    },
}

impl Case {
    /// `TOPIC/CASE`.
    pub fn name(&self) -> String {
        let path = self.path.with_extension("");
        let parts: Vec<_> = path.iter().rev().take(2).map(|it| it.to_string_lossy()).collect();
        format!("{}/{}", parts[1], parts[0])
    }

    /// The schema that is there.
    pub fn before(&self) -> Schema {
        self.before.iter().cloned().collect::<Schema>().with_enums(self.before_enums.clone())
    }

    /// The schema that is wanted.
    pub fn after(&self) -> Schema {
        self.after.iter().cloned().collect::<Schema>().with_enums(self.after_enums.clone())
    }

    /// The databases that it is of.
    pub fn backends(&self) -> Vec<Backend> {
        match self.databases.as_slice() {
            [] => Backend::ALL.to_vec(),
            databases => databases.to_vec(),
        }
    }

    /// What has to change from the one to the other.
    pub fn difference(&self, backend: Backend) -> Result<Difference, String> {
        self.difference_to(&self.after(), backend)
    }

    /// What has to change from the schema that is there to this one.
    pub fn difference_to(&self, after: &Schema, backend: Backend) -> Result<Difference, String> {
        // What a database does not have cannot be there before either.
        let dialect = backend.dialect();
        self.creation(backend)?;
        let renames = parse::<Rename>(&self.renames);
        let after = with_renames(after, &renames);
        let mut difference = diff_with(&self.before(), &after, &renames, dialect)
            .map_err(|error| error.to_string())?;
        fill(&mut difference, &parse::<Backfill>(&self.backfills));
        Ok(difference)
    }

    /// What makes the schema that is there.
    fn creation(&self, backend: Backend) -> Result<Difference, String> {
        let created = diff(&Schema::default(), &self.before(), backend.dialect());
        created.map_err(|error| error.to_string())
    }

    /// What comes of a difference.
    pub fn outcome(&self, difference: Result<Difference, String>, backend: Backend) -> Expected {
        let planned = difference.and_then(|it| {
            let planned = plan(&it, backend.dialect(), &self.allow_destructive);
            let planned = planned.map_err(|error| error.to_string())?;
            let created = plan(&self.creation(backend)?, backend.dialect(), &[]);
            created.map(|_| planned).map_err(|error| error.to_string())
        });
        match planned {
            Ok(plan) => Expected::Migration { up: plan.up_sql(), down: plan.down_sql() },
            Err(error) => Expected::Refusal { error: error + "\n" },
        }
    }
}

fn parse<T: FromStr<Err: std::fmt::Debug>>(hints: &[String]) -> Vec<T> {
    hints.iter().map(|it| it.parse().expect("a hint is well-formed")).collect()
}

/// All cases, sorted by path, or those that were asked for.
pub fn cases() -> Vec<Case> {
    let wanted = std::env::var("METAXY_CASES").unwrap_or_default();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut paths: Vec<PathBuf> = fs::read_dir(root)
        .expect("the golden cases are there")
        .flat_map(|topic| fs::read_dir(topic.expect("a topic").path()).expect("a directory"))
        .map(|case| case.expect("a case").path())
        .filter(|path| path.extension().is_some_and(|it| it == "toml"))
        .collect();
    paths.retain(|path| path.to_string_lossy().contains(&wanted));
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a case can be read");
        let case: Case =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Case { path, ..case }
    };
    paths.into_iter().map(read).collect()
}
