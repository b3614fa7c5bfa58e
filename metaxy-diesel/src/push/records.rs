//! [`Records`]: the rows of the system table of feature versions.

use super::{PushError, PushedVersion, events};
use crate::{
    backend::{Backend, Connection, statement::Statement},
    rows::{Row, RowError, insert},
    schema::{Column, Table, TableName},
    system::{events_name, feature_versions_name},
};
use chrono::NaiveDateTime;
use metaxy_core::{FeatureDefinition, Json, SnapshotError};
use std::collections::BTreeSet;

/// A feature as it was pushed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    pub project: String,
    pub feature_key: String,
    pub definition_version: String,
    pub feature_version: String,
    pub project_version: String,
    pub recorded_at: Option<NaiveDateTime>,
    /// As JSON.
    pub feature_spec: String,
    /// As JSON.
    pub feature_schema: String,
    pub class_path: Option<String>,
    /// As JSON.
    pub tags: String,
}

/// The columns of the table, in order.
const COLUMNS: [&str; 11] = [
    "project",
    "feature_key",
    "metaxy_definition_version",
    "metaxy_feature_version",
    "metaxy_project_version",
    "recorded_at",
    "feature_spec",
    "feature_schema",
    "feature_class_path",
    "tags",
    "deleted_at",
];

/// The columns by which the table tells records apart where it does.
const KEY: [&str; 3] = ["project", "feature_key", "metaxy_definition_version"];

/// The tables of a store's records.
pub(crate) struct Records {
    pub(super) backend: Backend,
    table: Known,
    /// The table of events, where there is one.
    pub(super) events: Option<Known>,
    /// Whether a second record of the same definition is refused.
    pub(super) keyed: bool,
}

/// A table that was looked at.
pub(super) struct Known {
    pub name: TableName,
    /// Those that are written, in order.
    pub columns: Vec<Column>,
}

impl Records {
    /// Looks at the tables.
    pub fn of(connection: &mut Connection, prefix: &str) -> Result<Self, PushError> {
        let name = TableName::new(feature_versions_name(prefix));
        let events = TableName::new(events_name(prefix));
        let found = connection.inspect(&BTreeSet::from([name.clone(), events.clone()]))?;
        let table = found.tables.get(&name);
        let table = table.ok_or_else(|| PushError::MissingTable { table: name.clone() })?;
        let events = found.tables.get(&events).map(|it| Known::of(it, &events::COLUMNS));
        Ok(Self {
            backend: connection.backend(),
            table: Known::of(table, &COLUMNS)?,
            events: events.transpose()?,
            keyed: is_keyed(table),
        })
    }

    /// The records of the project's last push, the latest of each feature.
    pub fn last_push(
        &self,
        connection: &mut Connection,
        project: &str,
    ) -> Result<Vec<Record>, PushError> {
        let mut condition = project_is(project);
        condition.sql(" AND metaxy_project_version = (");
        condition.sql("SELECT metaxy_project_version FROM ").table(&self.table.name);
        condition.sql(" WHERE ").append(&project_is(project));
        condition.sql(" ORDER BY recorded_at DESC LIMIT 1)");
        self.latest(connection, &["feature_key"], Some(condition))
    }

    /// The records of a version of a project, the latest of each feature.
    pub fn of_version(
        &self,
        connection: &mut Connection,
        project: &str,
        version: &str,
    ) -> Result<Vec<Record>, PushError> {
        let mut condition = project_is(project);
        condition.sql(" AND metaxy_project_version = ").text(version);
        self.latest(connection, &["feature_key"], Some(condition))
    }

    /// A record of each definition of a project, or of all.
    pub fn definitions(
        &self,
        connection: &mut Connection,
        project: Option<&str>,
    ) -> Result<Vec<Record>, PushError> {
        self.latest(connection, &KEY, project.map(project_is))
    }

    /// The latest records of other projects' features at a moment.
    pub fn of_others(
        &self,
        connection: &mut Connection,
        project: &str,
        until: NaiveDateTime,
    ) -> Result<Vec<Record>, PushError> {
        let mut condition = Statement::new("project <> ");
        condition.text(project).sql(" AND recorded_at <= ");
        let sql_type = self.table.column("recorded_at").map(|it| &it.sql_type);
        self.backend.dialect().write_value(moment(until).into(), sql_type, &mut condition);
        self.latest(connection, &["feature_key"], Some(condition))
    }

    /// The latest record of each feature, whichever project it is of.
    pub fn present(&self, connection: &mut Connection) -> Result<Vec<Record>, PushError> {
        self.latest(connection, &["feature_key"], None)
    }

    /// The versions of a project, or of all, with records that are of none later.
    pub fn versions(
        &self,
        connection: &mut Connection,
        project: Option<&str>,
    ) -> Result<Vec<PushedVersion>, PushError> {
        const DOING: &str = "read the pushed versions";
        let mut select = Statement::new("SELECT project, metaxy_project_version, ");
        select.sql("min(recorded_at) AS first, max(recorded_at) AS last, ");
        select.sql("count(DISTINCT feature_key) AS features FROM ").table(&self.table.name);
        select.sql(" WHERE recorded_at IS NOT NULL AND metaxy_project_version IS NOT NULL");
        if let Some(project) = project {
            select.sql(" AND ").append(&project_is(project));
        }
        select.sql(" GROUP BY project, metaxy_project_version");
        select.sql(" ORDER BY project, metaxy_project_version");
        let rows = connection.driver().rows(select).map_err(database(DOING))?;
        let version = |row: &Row| {
            Ok(PushedVersion {
                project: row.read("project")?,
                project_version: row.read("metaxy_project_version")?,
                first_pushed_at: row.read("first")?,
                last_pushed_at: row.read("last")?,
                features: usize::try_from(row.read::<i64>("features")?).unwrap_or_default(),
            })
        };
        rows.iter().map(version).collect::<Result<_, _>>().map_err(malformed(DOING))
    }

    /// Adds records. Where the table refuses a second one of the same definition, it takes the place of the first.
    pub fn write(&self, connection: &mut Connection, records: &[Record]) -> Result<(), PushError> {
        let rows: Vec<Row> = records.iter().map(Record::row).collect();
        let key = self.keyed.then_some(&KEY[..]);
        let (dialect, driver) = (self.backend.dialect(), connection.driver());
        insert(driver, dialect, &self.table.name, &self.table.columns, rows, key)
            .map_err(database("record features"))
    }

    /// The latest record of each `key`, among those of which the condition holds, by feature.
    fn latest(
        &self,
        connection: &mut Connection,
        key: &[&str],
        condition: Option<Statement>,
    ) -> Result<Vec<Record>, PushError> {
        const DOING: &str = "read the recorded features";
        let mut select = Statement::new("SELECT * FROM (SELECT ");
        select.list(", ", COLUMNS, |out, it| _ = out.identifier(it));
        select.sql(", row_number() OVER (PARTITION BY ");
        select.list(", ", key, |out, it| _ = out.identifier(it));
        select.sql(" ORDER BY recorded_at DESC) AS place FROM ").table(&self.table.name);
        if let Some(condition) = &condition {
            select.sql(" WHERE ").append(condition);
        }
        select.sql(") AS records WHERE place = 1 ORDER BY feature_key, metaxy_definition_version");
        let rows = connection.driver().rows(select).map_err(database(DOING))?;
        rows.iter().map(Record::of).collect::<Result<_, _>>().map_err(malformed(DOING))
    }
}

impl Known {
    fn of(table: &Table, columns: &[&'static str]) -> Result<Self, PushError> {
        let name = table.name.clone();
        let column = |column: &&'static str| {
            let found = table.columns.iter().find(|it| it.name.eq_ignore_ascii_case(column));
            found.cloned().ok_or_else(|| PushError::MissingColumn { table: name.clone(), column })
        };
        let columns = columns.iter().map(column).collect::<Result<_, _>>()?;
        Ok(Self { name, columns })
    }

    fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|it| it.name.eq_ignore_ascii_case(name))
    }
}

impl Record {
    /// The feature that it is about.
    pub fn definition(&self) -> Result<FeatureDefinition, SnapshotError> {
        let entry = Json::from([
            ("feature_spec", self.feature_spec.as_str().into()),
            ("feature_schema", self.feature_schema.as_str().into()),
            ("feature_class_path", self.class_path.clone().into()),
            ("project", self.project.as_str().into()),
        ]);
        FeatureDefinition::from_snapshot(&self.feature_key, &entry)
    }

    fn row(&self) -> Row {
        let recorded_at = self.recorded_at.map(moment);
        [
            ("project", Some(self.project.as_str())),
            ("feature_key", Some(&*self.feature_key)),
            ("metaxy_definition_version", Some(&*self.definition_version)),
            ("metaxy_feature_version", Some(&*self.feature_version)),
            ("metaxy_project_version", Some(&*self.project_version)),
            ("recorded_at", recorded_at.as_deref()),
            ("feature_spec", Some(&*self.feature_spec)),
            ("feature_schema", Some(&*self.feature_schema)),
            ("feature_class_path", self.class_path.as_deref()),
            ("tags", Some(&*self.tags)),
            ("deleted_at", None),
        ]
        .into_iter()
        .collect()
    }

    fn of(row: &Row) -> Result<Self, RowError> {
        let text = |column| row.read::<Option<String>>(column).map(Option::unwrap_or_default);
        Ok(Self {
            project: text("project")?,
            feature_key: text("feature_key")?,
            definition_version: text("metaxy_definition_version")?,
            feature_version: text("metaxy_feature_version")?,
            project_version: text("metaxy_project_version")?,
            recorded_at: row.read("recorded_at")?,
            feature_spec: text("feature_spec")?,
            feature_schema: text("feature_schema")?,
            class_path: row.read("feature_class_path")?,
            tags: text("tags")?,
        })
    }
}

/// As text, with all six decimals, so that texts are in the order of the moments.
pub(super) fn moment(moment: NaiveDateTime) -> String {
    moment.format("%F %T%.6f").to_string()
}

fn project_is(project: &str) -> Statement {
    let mut condition = Statement::new("project = ");
    condition.text(project);
    condition
}

pub(super) fn database(doing: &'static str) -> impl FnOnce(diesel::result::Error) -> PushError {
    move |source| PushError::Database { doing, source }
}

fn malformed(doing: &'static str) -> impl FnOnce(RowError) -> PushError {
    move |error| database(doing)(diesel::result::Error::DeserializationError(error.into()))
}

fn is_keyed(table: &Table) -> bool {
    let key = BTreeSet::from(KEY);
    let is_key =
        |columns: &[String]| columns.iter().map(String::as_str).collect::<BTreeSet<_>>() == key;
    table.primary_key.as_ref().is_some_and(|it| is_key(&it.columns))
        || table.uniques.iter().any(|it| is_key(&it.columns))
}
