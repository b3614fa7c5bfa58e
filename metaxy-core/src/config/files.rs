//! Finding and reading configuration files, and those that they extend.

use super::{
    ConfigError,
    environment::Environment,
    node::{Node, Table, Value, merge_extended},
    origin::{Origin, Spot},
    secret::Settings,
    source::{Quote, Source},
};
use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use toml::{
    Spanned,
    de::{DeInteger, DeString, DeTable, DeValue},
};

/// The files that are looked for in a directory, the first that has a table for us wins.
const FILES: [&str; 3] = ["metaxy.toml", "pyproject.toml", "Cargo.toml"];

/// What a package's Cargo.toml says beside the configuration, or without one.
const FOR_THE_DERIVE: &str = "compile_time_check";

/// Looks for a configuration file in `start` and the directories above it.
pub(super) fn discover(start: &Path) -> Result<Option<PathBuf>, ConfigError> {
    // Without this, `.` has no parents. It fails only where `start` or the working directory is empty.
    let start = std::path::absolute(start).unwrap_or_else(|_| start.to_owned());
    for file in start.ancestors().flat_map(|directory| FILES.map(|name| directory.join(name))) {
        if file.is_file() && (file.ends_with(FILES[0]) || has_table(&file)?) {
            return Ok(Some(file));
        }
    }
    Ok(None)
}

/// Whether another tool's file has a table for us. One that never says our name is not even parsed:
/// its mistakes are not ours to report.
fn has_table(file: &Path) -> Result<bool, ConfigError> {
    let source = read(file)?;
    Ok(source.text.contains("metaxy") && !parse(source)?.is_empty())
}

/// Reads `file` and the files that it extends, merged.
pub(super) fn load(file: &Path, environment: &Environment) -> Result<Table, ConfigError> {
    let mut chain = vec![file.to_owned()];
    let mut seen = vec![identity(file)];
    let mut tables = vec![parse(read(file)?)?];
    while let Some((extended, origin)) = extended(&mut tables, environment)? {
        if !extended.exists() {
            return Err(ConfigError::ExtendMissing { origin, file: extended, chain });
        }
        let identity = identity(&extended);
        let is_cycle = seen.contains(&identity);
        seen.push(identity);
        chain.push(extended.clone());
        if is_cycle {
            return Err(ConfigError::ExtendCycle { origin, chain });
        }
        tables.push(parse(read(&extended)?)?);
    }
    let mut merged = Table::new();
    for table in tables.into_iter().rev() {
        merge_extended(&mut merged, table);
    }
    Ok(merged)
}

/// Takes `extend` out of the last table: the file it names, and where.
fn extended(
    tables: &mut [Table],
    environment: &Environment,
) -> Result<Option<(PathBuf, Origin)>, ConfigError> {
    let Some(node) = tables.last_mut().and_then(|table| table.shift_remove("extend")) else {
        return Ok(None);
    };
    let path: PathBuf = node.get(environment)?;
    let directory = node.spot.file().and_then(Path::parent).unwrap_or(Path::new(""));
    Ok(Some((directory.join(path), node.spot.value(Quote::Shown))))
}

/// What tells two paths to one file from two files.
fn identity(file: &Path) -> PathBuf {
    fs::canonicalize(file).unwrap_or_else(|_| file.to_owned())
}

fn read(file: &Path) -> Result<Source, ConfigError> {
    let failed = |reason: String| ConfigError::Read { file: file.to_owned(), reason };
    let bytes = fs::read(file).map_err(|error| failed(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..valid].iter().filter(|&&byte| byte == b'\n').count() + 1;
        failed(format!("line {line} is not UTF-8: save the file as UTF-8"))
    })?;
    Ok(Source { file: file.to_owned(), text })
}

/// The table for us: the whole file, or what `pyproject.toml` and `Cargo.toml` set aside for tools.
fn parse(source: Source) -> Result<Table, ConfigError> {
    let source = Arc::new(source);
    let document = DeTable::parse(&source.text).map_err(|error| {
        let at = error.span().unwrap_or(0..0);
        let origin = Origin::File(Box::new(source.place(at, Quote::Broken)));
        ConfigError::Syntax { origin, reason: error.message().replace('\n', ", ") }
    })?;
    let ours: &[&[&str]] = match source.file.file_name().and_then(OsStr::to_str) {
        Some("pyproject.toml") => &[&["tool", "metaxy"]],
        Some("Cargo.toml") => {
            &[&["package", "metadata", "metaxy"], &["workspace", "metadata", "metaxy"]]
        }
        _ => return Ok(convert_table(document.get_ref(), "", &source)),
    };
    let mut found = ours.iter().filter_map(|path| descend(document.get_ref(), path));
    let Some((name, value)) = found.find(|(_, value)| !asks_only(value.get_ref())) else {
        return Ok(Table::new());
    };
    let spot = Spot::File { source: source.clone(), key: name.span(), value: value.span() };
    match value.get_ref() {
        DeValue::Table(table) => {
            let mut table = convert_table(table, "", &source);
            table.shift_remove(FOR_THE_DERIVE);
            Ok(table)
        }
        other => {
            let value = convert(other, name.get_ref(), &spot, &source);
            Err(Node { path: name.get_ref().to_string(), spot, value }.wrong_type::<Settings>())
        }
    }
}

/// Whether a table configures nothing, and only tells the derive what to do with the package.
fn asks_only(table: &DeValue<'_>) -> bool {
    let is_for_the_derive = |key: &Spanned<DeString<'_>>| key.get_ref() == FOR_THE_DERIVE;
    matches!(table, DeValue::Table(table) if table.keys().all(is_for_the_derive))
}

type Entry<'t, 's> = (&'t Spanned<DeString<'s>>, &'t Spanned<DeValue<'s>>);

fn descend<'t, 's>(table: &'t DeTable<'s>, path: &[&str]) -> Option<Entry<'t, 's>> {
    let (first, rest) = path.split_first()?;
    let entry = table.get_key_value(*first)?;
    match (rest, entry.1.get_ref()) {
        ([], _) => Some(entry),
        (_, DeValue::Table(table)) => descend(table, rest),
        _ => None,
    }
}

fn convert_table(table: &DeTable<'_>, path: &str, source: &Arc<Source>) -> Table {
    let mut entries: Vec<Entry<'_, '_>> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let entries = entries.into_iter().map(|(key, value)| {
        let name = key.get_ref().to_string();
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let spot = Spot::File { source: source.clone(), key: key.span(), value: value.span() };
        let value = convert(value.get_ref(), &path, &spot, source);
        (name, Node { path, spot, value })
    });
    entries.collect()
}

fn convert(value: &DeValue<'_>, path: &str, spot: &Spot, source: &Arc<Source>) -> Value {
    match value {
        DeValue::String(text) => Value::Template(text.to_string()),
        DeValue::Integer(integer) => convert_integer(integer),
        DeValue::Float(float) => Value::Float(float.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(value) => Value::Boolean(*value),
        DeValue::Datetime(value) => Value::Datetime(value.to_string()),
        DeValue::Array(items) => {
            let items = items.iter().enumerate().map(|(at, item)| {
                let path = format!("{path}[{at}]");
                let spot = spot.with_value(item.span());
                let value = convert(item.get_ref(), &path, &spot, source);
                Node { path, spot, value }
            });
            Value::Array(items.collect())
        }
        DeValue::Table(table) => Value::Table(convert_table(table, path, source)),
    }
}

/// An integer beyond 64 bits becomes a number that no setting takes.
fn convert_integer(integer: &DeInteger<'_>) -> Value {
    match i64::from_str_radix(integer.as_str(), integer.radix()) {
        Ok(integer) => Value::Integer(integer),
        Err(_) => Value::Float(f64::INFINITY),
    }
}
