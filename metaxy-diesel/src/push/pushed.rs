//! What was pushed: [`Store::pushed_versions`] and [`Store::pushed_graph`].

use super::{PushError, Record, Records};
use crate::{
    backend::{Connection, Open},
    store::Store,
};
use chrono::NaiveDateTime;
use metaxy_core::{FeatureDefinition, FeatureGraph, FeatureKey, HashLength};
use std::collections::{BTreeMap, BTreeSet};

/// A version of a project that was pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedVersion {
    /// The project.
    pub project: String,
    /// Its version.
    pub project_version: String,
    /// When it was pushed first, in UTC.
    pub first_pushed_at: NaiveDateTime,
    /// When it was last the one that was pushed, in UTC.
    pub last_pushed_at: NaiveDateTime,
    /// How many features it has.
    pub features: usize,
}

impl Store {
    /// The versions of a project, or of all projects, that were pushed; the latest first.
    ///
    /// # Errors
    ///
    /// [`PushError`] where the store has no records, or does not answer.
    pub fn pushed_versions(&self, project: Option<&str>) -> Result<Vec<PushedVersion>, PushError> {
        let mut connection = self.connect(Open::Existing)?;
        let records = Records::of(&mut connection, &self.table_prefix)?;
        let mut found: BTreeMap<(String, String), PushedVersion> = BTreeMap::new();
        let recorded = records.versions(&mut connection, project)?;
        let kept = records.kept(&mut connection, project)?.into_iter().map(|it| PushedVersion {
            project: it.project,
            project_version: it.project_version,
            first_pushed_at: it.recorded_at,
            last_pushed_at: it.recorded_at,
            features: it.features.len(),
        });
        for it in recorded.into_iter().chain(kept) {
            let key = (it.project.clone(), it.project_version.clone());
            let known = found.entry(key).or_insert_with(|| it.clone());
            known.first_pushed_at = known.first_pushed_at.min(it.first_pushed_at);
            known.last_pushed_at = known.last_pushed_at.max(it.last_pushed_at);
            known.features = known.features.max(it.features);
        }
        let mut found: Vec<_> = found.into_values().collect();
        found.sort_by_key(|it| std::cmp::Reverse(it.last_pushed_at));
        Ok(found)
    }

    /// The features of a project as a push recorded them, with the features of other projects that they depend on: as these
    /// were recorded at that time.
    ///
    /// Takes a constant number of queries.
    ///
    /// # Errors
    ///
    /// [`PushError`] where there is no such push, or where a part of it cannot be read any more.
    pub fn pushed_graph(
        &self,
        project: &str,
        project_version: &str,
        hash_length: HashLength,
    ) -> Result<FeatureGraph, PushError> {
        let mut connection = self.connect(Open::Existing)?;
        let records = Records::of(&mut connection, &self.table_prefix)?;
        let own = records.of_push(&mut connection, project, project_version)?;
        let until = own.iter().filter_map(|it| it.recorded_at).max();
        let own = own.iter().map(Record::definition).collect::<Result<Vec<_>, _>>()?;
        let own_keys: BTreeSet<&FeatureKey> = own.iter().map(|it| &it.spec.key).collect();
        let depends_on_others =
            own.iter().flat_map(|it| &it.spec.deps).any(|it| !own_keys.contains(&it.feature));
        let others = match (depends_on_others, until) {
            (true, Some(until)) => records.others_at(&mut connection, project, until)?,
            _ => BTreeMap::new(),
        };
        let external = upstream(&own, &others)?;
        let graph = FeatureGraph::new(own.into_iter().chain(external), hash_length)?;
        let found = graph.project_version(project);
        if found.len() == project_version.len() && found != project_version {
            let (project, version) = (project.to_owned(), project_version.to_owned());
            return Err(PushError::Incomplete { project, version, found });
        }
        Ok(graph)
    }
}

/// The features that others depend on, as external ones, with all that these depend on.
fn upstream(
    own: &[FeatureDefinition],
    others: &BTreeMap<String, Record>,
) -> Result<Vec<FeatureDefinition>, PushError> {
    let mut known: BTreeSet<FeatureKey> = own.iter().map(|it| it.spec.key.clone()).collect();
    let deps = |it: &FeatureDefinition| -> Vec<FeatureKey> {
        it.spec.deps.iter().map(|dep| dep.feature.clone()).collect()
    };
    let mut wanted: Vec<FeatureKey> = own.iter().flat_map(deps).collect();
    let mut found = Vec::new();
    while let Some(key) = wanted.pop() {
        let Some(record) = others.get(key.as_str()) else { continue };
        if known.insert(key) {
            let definition = FeatureDefinition { external: true, ..record.definition()? };
            wanted.extend(deps(&definition));
            found.push(definition);
        }
    }
    Ok(found)
}

impl Records {
    /// The records of one push; of features whose records gave way to later ones, those of the same definition.
    fn of_push(
        &self,
        connection: &mut Connection,
        project: &str,
        version: &str,
    ) -> Result<Vec<Record>, PushError> {
        let mut kept = self.kept(connection, Some(project))?;
        kept.retain(|it| it.project_version == version);
        let records = match kept.pop() {
            None => self.of_version(connection, project, version)?,
            Some(kept) => {
                let mut records = self.definitions(connection, Some(project))?;
                records.retain(|it| {
                    kept.features.get(&it.feature_key) == Some(&it.definition_version)
                });
                records.iter_mut().for_each(|it| it.recorded_at = Some(kept.recorded_at));
                records
            }
        };
        match records.is_empty() {
            false => Ok(records),
            true => {
                Err(PushError::NoPush { project: project.to_owned(), version: version.to_owned() })
            }
        }
    }

    /// The features of other projects at a moment, by key. Records that moved to a later push are known from the one before.
    fn others_at(
        &self,
        connection: &mut Connection,
        project: &str,
        until: NaiveDateTime,
    ) -> Result<BTreeMap<String, Record>, PushError> {
        let mut others = self.of_others(connection, project, until)?;
        let mut kept = self.kept(connection, None)?;
        kept.retain(|it| it.project != project && it.recorded_at <= until);
        if !kept.is_empty() {
            // They are sorted by their moments: a later one takes the place of one before.
            let versions: BTreeMap<(&str, &str), (&str, NaiveDateTime)> = kept
                .iter()
                .flat_map(|push| push.features.iter().map(move |feature| (push, feature)))
                .map(|(push, (key, version))| {
                    ((&*push.project, &**key), (&**version, push.recorded_at))
                })
                .collect();
            for record in self.definitions(connection, None)? {
                match versions.get(&(&*record.project, &*record.feature_key)) {
                    Some((version, at)) if *version == record.definition_version => {
                        others.push(Record { recorded_at: Some(*at), ..record });
                    }
                    _ => {}
                }
            }
        }
        others.sort_by_key(|it| it.recorded_at);
        Ok(others.into_iter().map(|it| (it.feature_key.clone(), it)).collect())
    }
}
