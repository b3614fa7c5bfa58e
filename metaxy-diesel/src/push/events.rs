//! Pushes whose records gave way to later ones: where the table keeps a definition once, what a push consisted of is an event.

use super::{PushError, Record, Records, records::database};
use crate::{
    backend::{Connection, statement::Statement},
    rows::{Row, insert},
};
use chrono::NaiveDateTime;
use metaxy_core::Json;
use std::collections::BTreeMap;

/// What the events are called.
const PUSH: &str = "push";

/// The columns of the table of events, in order.
pub(super) const COLUMNS: [&str; 6] =
    ["project", "execution_id", "timestamp", "event_type", "feature_key", "payload"];

/// A push that was kept as an event.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PushEvent {
    pub project: String,
    pub project_version: String,
    pub recorded_at: NaiveDateTime,
    /// The definition version of each feature.
    pub features: BTreeMap<String, String>,
}

impl Records {
    /// Keeps what the last push of a project consisted of, before its records give way to those of the next.
    pub(super) fn keep(
        &self,
        connection: &mut Connection,
        last: &[Record],
    ) -> Result<(), PushError> {
        let (Some(events), Some(first)) = (&self.events, last.first()) else { return Ok(()) };
        let Some(recorded_at) = last.iter().filter_map(|it| it.recorded_at).max() else {
            return Ok(());
        };
        if !self.keyed {
            return Ok(());
        }
        let features: Json = last
            .iter()
            .map(|it| (it.feature_key.as_str(), it.definition_version.as_str().into()))
            .collect();
        let payload = Json::from([("type", PUSH.into()), ("features", features)]).dumps();
        let row: Row = [
            ("project", Some(first.project.as_str())),
            ("execution_id", Some(&*first.project_version)),
            ("timestamp", Some(&*super::records::moment(recorded_at))),
            ("event_type", Some(PUSH)),
            ("feature_key", None),
            ("payload", Some(&*payload)),
        ]
        .into_iter()
        .collect();
        let (dialect, driver) = (self.backend.dialect(), connection.driver());
        // A clock that was set back may give a push the moment of another one.
        let key = Some(&COLUMNS[..3]);
        insert(driver, dialect, &events.name, &events.columns, vec![row], key)
            .map_err(database("keep the last push"))
    }

    /// The pushes that were kept, of a project or of all.
    pub(super) fn kept(
        &self,
        connection: &mut Connection,
        project: Option<&str>,
    ) -> Result<Vec<PushEvent>, PushError> {
        const DOING: &str = "read the kept pushes";
        let Some(events) = &self.events else { return Ok(Vec::new()) };
        let mut select = Statement::new("SELECT ");
        select.list(", ", COLUMNS, |out, it| _ = out.identifier(it));
        select.sql(" FROM ").table(&events.name).sql(" WHERE event_type = ").text(PUSH);
        if let Some(project) = project {
            select.sql(" AND project = ").text(project);
        }
        select.sql(" ORDER BY ").identifier("timestamp");
        let rows = connection.driver().rows(select).map_err(database(DOING))?;
        Ok(rows.iter().filter_map(PushEvent::of).collect())
    }
}

impl PushEvent {
    /// `None`: it is an event of someone else's.
    fn of(row: &Row) -> Option<Self> {
        let payload = Json::parse(row.text("payload")?).ok()?;
        let features = payload.get("features")?.as_object()?.iter();
        let feature =
            |(key, version): (&String, &Json)| Some((key.clone(), version.as_str()?.to_owned()));
        Some(Self {
            project: row.text("project")?.to_owned(),
            project_version: row.text("execution_id")?.to_owned(),
            recorded_at: row.read("timestamp").ok()?,
            features: features.map(feature).collect::<Option<_>>()?,
        })
    }
}
