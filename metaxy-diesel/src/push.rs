//! [`Store::push`] records the features of a project in the store, as Metaxy for Python does, and [`Store::lock`] and
//! [`Store::sync`] take those of other projects from there: projects in both languages know those of each other.
//!
//! Source: `metaxy.metadata_store.system.storage` of Metaxy for Python 0.1.11.

mod error;
mod events;
mod pushed;
mod records;
mod sync;
mod tags;

pub use error::PushError;
pub use pushed::PushedVersion;
pub(crate) use records::{Record, Records};
pub use sync::{SyncError, SyncOptions, Synced, VersionMismatch};

use crate::{
    backend::{Connection, Open},
    store::Store,
};
use chrono::{NaiveDateTime, SubsecRound, TimeDelta, Utc};
use indexmap::IndexMap;
use metaxy_core::{FeatureGraph, Json};
use std::collections::BTreeMap;

/// What is pushed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PushOptions {
    /// The project; `None`: the one that the store is for, else the only one of the graph.
    pub project: Option<String>,
    /// What is kept with each feature, such as the commit. `metaxy` is a tag of metaxy's own: an object as text, to which the
    /// version is added.
    pub tags: IndexMap<String, Json>,
}

/// What a push did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// The project.
    pub project: String,
    /// Its version: that of all its definitions.
    pub project_version: String,
    /// Whether the last push of the project had this version already: then nothing is written but what was lacking.
    pub already_pushed: bool,
    /// The features that were lacking there, by key.
    pub updated_features: Vec<String>,
}

impl Store {
    /// Records the features of a project, but for external ones, in the system table `metaxy_system__feature_versions`. What
    /// the last push recorded is not recorded again.
    ///
    /// It takes a constant number of queries, but that a thousand features are inserted by each. A table that Python created
    /// by itself has no key, and keeps all pushes. One that migrations made has the key that Python's has, too: a definition
    /// is there once, and a push of it moves it to the present version of the project, after the former push was kept as an
    /// event in `metaxy_system__events`. (Python 0.1.11 fails then.)
    ///
    /// ```no_run
    /// use metaxy_diesel::{Backend, push::PushOptions, store::Store};
    ///
    /// # let graph = metaxy_core::FeatureGraph::current().unwrap();
    /// let store = Store::new("dev", Backend::Sqlite, "videos.db");
    /// let tags = [("git_commit".to_owned(), "abc123".into())].into();
    /// let pushed = store.push(graph, &PushOptions { tags, ..PushOptions::default() })?;
    /// println!("{}", pushed.project_version);
    /// # Ok::<(), metaxy_diesel::push::PushError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`PushError`], and nothing is written then.
    pub fn push(&self, graph: &FeatureGraph, options: &PushOptions) -> Result<Pushed, PushError> {
        let project = options.project.as_deref().or(self.project.as_deref());
        let project = match project {
            Some(project) => project,
            None => graph.project()?,
        };
        let features = features(graph, project)?;
        let tags = tags::text(&options.tags)?;
        let mut connection = self.connect(Open::Existing)?;
        let records = Records::of(&mut connection, &self.table_prefix)?;
        transaction(&mut connection, |connection| {
            let last = records.last_push(connection, project)?;
            let project_version = graph.project_version(project);
            let already_pushed =
                last.first().is_some_and(|it| it.project_version == project_version);
            let missing = if already_pushed { missing(features, &last) } else { features };
            let updated = missing.iter().map(|it| it.feature_key.clone());
            let updated_features = if already_pushed { updated.collect() } else { Vec::new() };
            let recorded_at = after(last.iter().filter_map(|it| it.recorded_at).max());
            let missing: Vec<Record> = missing
                .into_iter()
                .map(|it| Record { recorded_at: Some(recorded_at), tags: tags.clone(), ..it })
                .collect();
            if !already_pushed {
                records.keep(connection, &last)?;
            }
            records.write(connection, &missing)?;
            Ok(Pushed {
                project: project.to_owned(),
                project_version,
                already_pushed,
                updated_features,
            })
        })
    }
}

/// The features of a project as the table has them, in the order of the graph.
fn features(graph: &FeatureGraph, project: &str) -> Result<Vec<Record>, PushError> {
    let snapshot = graph.to_snapshot(Some(project))?;
    let features = snapshot.as_object().into_iter().flatten();
    let project_version = graph.project_version(project);
    let records: Vec<Record> = features
        .map(|(key, feature)| {
            let text = |entry: &str| feature.get(entry).and_then(Json::as_str).map(str::to_owned);
            let json = |entry: &str| feature.get(entry).map_or_else(String::new, Json::dumps);
            Record {
                project: project.to_owned(),
                feature_key: key.clone(),
                definition_version: text("metaxy_definition_version").unwrap_or_default(),
                feature_version: text("metaxy_feature_version").unwrap_or_default(),
                project_version: project_version.clone(),
                recorded_at: None,
                feature_spec: json("feature_spec"),
                feature_schema: json("feature_schema"),
                class_path: text("feature_class_path"),
                tags: String::new(),
            }
        })
        .collect();
    match records.is_empty() {
        false => Ok(records),
        true => Err(PushError::NoFeatures {
            project: project.to_owned(),
            projects: graph.projects().into_iter().map(str::to_owned).collect(),
        }),
    }
}

/// The features that the last push lacks, then those that it has with another definition.
fn missing(features: Vec<Record>, last: &[Record]) -> Vec<Record> {
    let known: BTreeMap<&str, &str> =
        last.iter().map(|it| (&*it.feature_key, &*it.definition_version)).collect();
    let (known_keys, mut missing): (Vec<_>, Vec<_>) =
        features.into_iter().partition(|it| known.contains_key(&*it.feature_key));
    let changed =
        |it: &Record| known.get(&*it.feature_key).is_none_or(|was| *was != it.definition_version);
    missing.extend(known_keys.into_iter().filter(changed));
    missing
}

/// Now, in UTC; later than the last push in any case, since the order of pushes is that of their moments.
fn after(last: Option<NaiveDateTime>) -> NaiveDateTime {
    let now = Utc::now().naive_utc().trunc_subsecs(6);
    last.map_or(now, |last| now.max(last + TimeDelta::microseconds(1)))
}

/// Runs something whole or not at all.
fn transaction<T>(
    connection: &mut Connection,
    run: impl FnOnce(&mut Connection) -> Result<T, PushError>,
) -> Result<T, PushError> {
    let database = || records::database("record features");
    connection.driver().begin().map_err(database())?;
    match run(connection) {
        Ok(value) => connection.driver().commit().map(|()| value).map_err(database()),
        Err(error) => {
            // What failed first is what to tell.
            _ = connection.driver().rollback();
            Err(error)
        }
    }
}
