//! Lock files as TOML, with whole numbers of any size, as Python writes and reads them.

use super::{LockError, LockFile, LockedFeature};
use crate::{FeatureDefinition, Json};
use toml::{
    Table, Value,
    de::{DeInteger, DeTable, DeValue},
};

pub(super) fn write(lock: &LockFile) -> Result<String, LockError> {
    let mut numbers = BigNumbers::new(lock);
    let features =
        lock.features.iter().map(|(key, it)| Ok((key.clone(), feature(it, &mut numbers)?)));
    let features = features.collect::<Result<Table, LockError>>()?;
    let lock = Table::from_iter([("features".to_owned(), Value::Table(features))]);
    Ok(numbers.put_into(toml::to_string(&lock).expect("a table with keys of text is TOML")))
}

/// Whole numbers of more than 64 bits, for which the library has no value: texts stand in their places until all is written.
struct BigNumbers {
    /// What no text of the lock file contains.
    mark: String,
    digits: Vec<String>,
}

impl BigNumbers {
    fn new(lock: &LockFile) -> Self {
        let mut mark = "metaxy:number".to_owned();
        let texts = |it: &LockedFeature| {
            let FeatureDefinition { spec, schema, .. } = &it.definition;
            [Json::from(spec).to_string(), schema.json().to_string()]
        };
        let texts: Vec<_> = lock.features.values().flat_map(texts).collect();
        while texts.iter().any(|it| it.contains(&mark)) {
            mark.push('_');
        }
        Self { mark, digits: Vec::new() }
    }

    fn add(&mut self, digits: &str) -> Value {
        self.digits.push(digits.to_owned());
        self.place(self.digits.len() - 1).into()
    }

    fn place(&self, at: usize) -> String {
        format!("{}{at}.", self.mark)
    }

    fn put_into(&self, text: String) -> String {
        let numbers = self.digits.iter().enumerate();
        numbers.fold(text, |text, (at, digits)| {
            text.replace(&format!("\"{}\"", self.place(at)), digits)
        })
    }
}

fn feature(it: &LockedFeature, numbers: &mut BigNumbers) -> Result<Value, LockError> {
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
        ("spec", value(&Json::from(spec), "spec", numbers).map_err(not_toml)?),
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
fn value(json: &Json, at: &str, numbers: &mut BigNumbers) -> Result<Value, (String, &'static str)> {
    let refused = |kind| (at.to_owned(), kind);
    Ok(match json {
        Json::Null => return Err(refused("null")),
        Json::Bool(it) => (*it).into(),
        Json::Int(it) => (*it).into(),
        Json::BigInt(digits) => numbers.add(digits),
        Json::Float(it) => (*it).into(),
        Json::String(it) => it.clone().into(),
        Json::Array(elements) => {
            let elements = elements.iter().enumerate();
            let elements =
                elements.map(|(index, it)| value(it, &format!("{at}[{index}]"), numbers));
            Value::Array(elements.collect::<Result<_, _>>()?)
        }
        Json::Object(entries) => {
            let is_metadata = at.starts_with("spec.metadata");
            let entries = entries.iter().filter(|(_, it)| is_metadata || **it != Json::Null);
            let entry = |(key, it): (&String, &Json)| {
                Ok((key.clone(), value(it, &format!("{at}.{key}"), numbers)?))
            };
            Value::Table(entries.map(entry).collect::<Result<_, _>>()?)
        }
    })
}

pub(super) fn parse(text: &str) -> Result<LockFile, LockError> {
    let lock =
        DeTable::parse(text).map_err(|error| LockError::Syntax(error.message().to_owned()))?;
    let root = Place { value: &json(&DeValue::Table(lock.into_inner())), at: String::new() };
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
            ("feature_spec", data.entry("spec")?.value.clone()),
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

fn json(value: &DeValue<'_>) -> Json {
    match value {
        DeValue::String(it) => it.as_ref().into(),
        DeValue::Integer(it) => integer(it),
        DeValue::Float(it) => it.as_str().parse().unwrap_or(f64::NAN).into(),
        DeValue::Boolean(it) => (*it).into(),
        DeValue::Datetime(it) => it.to_string().into(),
        DeValue::Array(elements) => elements.iter().map(|it| json(it.get_ref())).collect(),
        DeValue::Table(entries) => {
            let entries = entries.iter();
            entries.map(|(key, it)| (key.get_ref().as_ref(), json(it.get_ref()))).collect()
        }
    }
}

fn integer(number: &DeInteger<'_>) -> Json {
    let (digits, radix) = (number.as_str(), number.radix());
    match i64::from_str_radix(digits, radix) {
        Ok(number) => number.into(),
        Err(_) if radix == 10 => Json::BigInt(digits.trim_start_matches('+').to_owned()),
        // Nobody writes a larger one so.
        Err(_) => {
            Json::BigInt(i128::from_str_radix(digits, radix).unwrap_or(i128::MAX).to_string())
        }
    }
}

/// A value, and where it stands.
struct Place<'a> {
    value: &'a Json,
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
        let table = self.value.as_object().ok_or_else(|| self.wrong("a table"))?;
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
