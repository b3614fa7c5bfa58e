//! Lock files as TOML.

use super::{LockError, LockFile, LockedFeature};
use crate::{FeatureDefinition, Json};
use toml::{Table, Value};

pub(super) fn write(lock: &LockFile) -> Result<String, LockError> {
    let features = lock.features.iter().map(|(key, it)| Ok((key.clone(), feature(it)?)));
    let features = features.collect::<Result<Table, LockError>>()?;
    let lock = Table::from_iter([("features".to_owned(), Value::Table(features))]);
    Ok(toml::to_string(&lock).expect("a table with keys of text is TOML"))
}

fn feature(it: &LockedFeature) -> Result<Value, LockError> {
    let fields = it.version_by_field.iter();
    let fields = fields.map(|(field, version)| (field.clone(), version.clone().into()));
    let info = [
        ("definition_version", it.definition_version.clone().into()),
        ("version", it.version.clone().into()),
        ("version_by_field", Value::Table(fields.collect())),
    ];
    let FeatureDefinition { spec, schema, class_path, project, .. } = &it.definition;
    let not_toml = |(at, kind)| LockError::NotToml {
        feature: spec.key.to_string(),
        project: project.clone(),
        at,
        kind,
    };
    let mut data = vec![
        ("feature_schema", schema.json().to_string().into()),
        ("project", project.clone().into()),
        ("spec", value(&Json::from(spec), "spec").map_err(not_toml)?),
    ];
    data.extend(class_path.as_ref().map(|it| ("feature_class_path", it.clone().into())));
    let tables = [("data", table(data)), ("info", table(info))];
    Ok(table(tables))
}

fn table<'a>(entries: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    Value::Table(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// A part of a spec; the place and the kind of what TOML has no word for. An entry of the spec that is null is left out, as
/// Python does.
fn value(json: &Json, at: &str) -> Result<Value, (String, &'static str)> {
    let refused = |kind| (at.to_owned(), kind);
    Ok(match json {
        Json::Null => return Err(refused("null")),
        Json::Bool(it) => (*it).into(),
        Json::Int(it) => (*it).into(),
        Json::BigInt(_) => return Err(refused("a number of more than 64 bits")),
        Json::Float(it) => (*it).into(),
        Json::String(it) => it.clone().into(),
        Json::Array(elements) => {
            let elements = elements.iter().enumerate();
            let elements = elements.map(|(index, it)| value(it, &format!("{at}[{index}]")));
            Value::Array(elements.collect::<Result<_, _>>()?)
        }
        Json::Object(entries) => {
            let is_metadata = at.starts_with("spec.metadata");
            let entries = entries.iter().filter(|(_, it)| is_metadata || **it != Json::Null);
            let entry =
                |(key, it): (&String, &Json)| Ok((key.clone(), value(it, &format!("{at}.{key}"))?));
            Value::Table(entries.map(entry).collect::<Result<_, _>>()?)
        }
    })
}

pub(super) fn parse(text: &str) -> Result<LockFile, LockError> {
    let lock: Table = text
        .parse()
        .map_err(|error: toml::de::Error| LockError::Syntax(error.message().to_owned()))?;
    let root = Place { value: &Value::Table(lock), at: String::new() };
    let features = root.entry("features")?;
    let features = features.table()?.into_iter().map(|(key, feature)| {
        let locked = LockedFeature::of(key, &feature)?;
        Ok((key.to_owned(), locked))
    });
    Ok(LockFile { features: features.collect::<Result<_, LockError>>()? })
}

impl LockedFeature {
    fn of(key: &str, feature: &Place<'_>) -> Result<Self, LockError> {
        let (info, data) = (feature.entry("info")?, feature.entry("data")?);
        let fields = info.entry("version_by_field")?;
        let fields = fields.table()?.into_iter();
        let fields = fields.map(|(field, it)| Ok((field.to_owned(), it.text()?.to_owned())));
        let class_path = match data.get("feature_class_path") {
            Some(path) => path.text()?.into(),
            None => Json::Null,
        };
        let entry = Json::from([
            ("feature_spec", json(data.entry("spec")?.value)),
            ("feature_schema", data.entry("feature_schema")?.text()?.into()),
            ("feature_class_path", class_path),
            ("project", data.entry("project")?.text()?.into()),
            ("external", true.into()),
        ]);
        Ok(Self {
            version: info.entry("version")?.text()?.to_owned(),
            version_by_field: fields.collect::<Result<_, LockError>>()?,
            definition_version: info.entry("definition_version")?.text()?.to_owned(),
            definition: FeatureDefinition::from_snapshot(key, &entry)?,
        })
    }
}

fn json(value: &Value) -> Json {
    match value {
        Value::String(it) => it.as_str().into(),
        Value::Integer(it) => (*it).into(),
        Value::Float(it) => (*it).into(),
        Value::Boolean(it) => (*it).into(),
        Value::Datetime(it) => it.to_string().into(),
        Value::Array(elements) => elements.iter().map(json).collect(),
        Value::Table(entries) => entries.iter().map(|(key, it)| (key.as_str(), json(it))).collect(),
    }
}

/// A value, and where it stands.
struct Place<'a> {
    value: &'a Value,
    at: String,
}

impl<'a> Place<'a> {
    fn get(&self, key: &str) -> Option<Self> {
        let at = if self.at.is_empty() { key.to_owned() } else { format!("{}.{key}", self.at) };
        Some(Self { value: self.value.get(key)?, at })
    }

    fn entry(&self, key: &str) -> Result<Self, LockError> {
        let missing = || LockError::Form {
            at: format!("{}.{key}", self.at).trim_start_matches('.').to_owned(),
            expected: "there",
        };
        self.get(key).ok_or_else(missing)
    }

    fn table(&self) -> Result<Vec<(&'a str, Self)>, LockError> {
        let Value::Table(table) = self.value else { return Err(self.wrong("a table")) };
        let at = |key: &str| format!("{}.{key}", self.at);
        Ok(table.iter().map(|(key, value)| (key.as_str(), Self { value, at: at(key) })).collect())
    }

    fn text(&self) -> Result<&'a str, LockError> {
        self.value.as_str().ok_or_else(|| self.wrong("a text"))
    }

    fn wrong(&self, expected: &'static str) -> LockError {
        LockError::Form { at: self.at.clone(), expected }
    }
}
