//! The URLs that configurations of stores mean.

use super::StoreError;
use crate::backend::{Backend, duckdb, sqlite};
use metaxy_core::config::{Secret, Settings, StoreConfig};
use serde_json::Value;
use std::{collections::BTreeMap, path::Path};
use url::Url;

pub(super) fn sqlite_url(
    store: &str,
    config: &StoreConfig,
    base_dir: &Path,
) -> Result<Secret, StoreError> {
    let url = file_url(store, Backend::Sqlite, config, &["sqlite://", "file://"])?;
    Ok(Secret::new(sqlite::resolve(url.expose(), base_dir)))
}

/// With the options of DuckDB that the configuration names as Python's class has them: `config = { threads = "4" }`.
pub(super) fn duckdb_url(
    store: &str,
    config: &StoreConfig,
    base_dir: &Path,
) -> Result<Secret, StoreError> {
    let refused = |name: &str, instead| StoreError::Refused {
        store: store.to_owned(),
        name: name.to_owned(),
        backend: Backend::DuckDb,
        instead,
    };
    if config.other.contains_key("ducklake") {
        return Err(refused("ducklake", "name a file of its own, `database = \"dev.duckdb\"`"));
    }
    if config.connection_params.contains_key("schema") {
        let instead = "leave it out: tables are in the schema `main`";
        return Err(refused("connection_params.schema", instead));
    }
    let url = file_url(store, Backend::DuckDb, config, &["duckdb://"])?;
    let mut url = duckdb::resolve(url.expose(), base_dir);
    for (name, value) in options(store, config)? {
        if !url.starts_with("duckdb:") {
            url.insert_str(0, "duckdb:");
        }
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(&format!("{name}={value}"));
    }
    Ok(Secret::new(url))
}

/// The options of DuckDB in `config`.
fn options(store: &str, config: &StoreConfig) -> Result<Vec<(String, String)>, StoreError> {
    let other = |name: &str| {
        let (store, name) = (store.to_owned(), format!("config.{name}"));
        StoreError::Parameter { store, name }
    };
    let options = match config.other.get("config") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(options)) => options,
        Some(_) => return Err(other("config")),
    };
    let options = options.iter().map(|(name, value)| match value {
        // A URL has `&` between its options.
        Value::String(text) if !text.contains('&') => Ok((name.clone(), text.clone())),
        Value::Number(_) | Value::Bool(_) => Ok((name.clone(), value.to_string())),
        _ => Err(other(name)),
    });
    options.collect()
}

/// The URL of a file, by one of these schemes or none.
fn file_url<'a>(
    store: &str,
    backend: Backend,
    config: &'a StoreConfig,
    schemes: &[&str],
) -> Result<&'a Secret, StoreError> {
    let url = config.database.as_ref().or(config.connection_string.as_ref());
    let url = url.ok_or_else(|| StoreError::NoDatabase { store: store.to_owned() })?;
    let is_ours = schemes.iter().any(|it| url.expose().starts_with(it));
    match url.expose().contains("://") && !is_ours {
        true => Err(other_url(store, backend, url)),
        false => Ok(url),
    }
}

pub(super) fn postgres_url(store: &str, config: &StoreConfig) -> Result<Secret, StoreError> {
    let mut parameters = parameters(store, &config.connection_params, postgres_parameter)?;
    let text = match (&config.connection_string, &config.database) {
        (Some(url), _) => Some(url),
        (None, Some(database)) if !database.expose().contains(['/', '=']) => {
            parameters.insert("dbname".to_owned(), database.expose().to_owned());
            None
        }
        (None, database) => database.as_ref(),
    };
    let Some(text) = text else {
        return match parameters.is_empty() {
            true => Err(StoreError::NoDatabase { store: store.to_owned() }),
            false => Ok(Secret::new(url_of(parameters))),
        };
    };
    let Some((scheme, rest)) = text.expose().split_once("://") else {
        if !text.expose().contains('=') {
            return Err(other_url(store, Backend::Postgres, text));
        }
        // Of two, the later one counts: the connection string's.
        let before: String =
            parameters.iter().map(|(name, value)| format!("{name}={} ", quoted(value))).collect();
        return Ok(Secret::new(before + text.expose()));
    };
    // SQLAlchemy's URLs name a driver too: `postgresql+psycopg://`.
    let scheme = scheme.split('+').next().unwrap_or_default();
    if !matches!(scheme, "postgres" | "postgresql") {
        return Err(other_url(store, Backend::Postgres, text));
    }
    let url = format!("{scheme}://{rest}");
    for said in said_by(&url) {
        parameters.remove(&said);
    }
    Ok(Secret::new(with_query(url, &parameters)))
}

pub(super) fn other_url(store: &str, backend: Backend, url: &Secret) -> StoreError {
    StoreError::OtherUrl { store: store.to_owned(), backend, url: url.to_string() }
}

/// The parameters by the names that libpq has for the parts of a URL, and that `rename` has for what is left.
pub(super) fn parameters(
    store: &str,
    settings: &Settings,
    rename: fn(&str, String) -> (&str, String),
) -> Result<BTreeMap<String, String>, StoreError> {
    let mut parameters = BTreeMap::new();
    for (name, value) in settings.iter() {
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            Value::Null => continue,
            Value::Array(_) | Value::Object(_) => {
                let (store, name) = (store.to_owned(), format!("connection_params.{name}"));
                return Err(StoreError::Parameter { store, name });
            }
        };
        let (name, value) = match name.as_str() {
            "username" => ("user", value),
            "database" => ("dbname", value),
            "hostname" => ("host", value),
            name => rename(name, value),
        };
        parameters.insert(name.to_owned(), value);
    }
    Ok(parameters)
}

/// `schema` is Ibis' way to say where tables are looked for. A blank or backslash is escaped by a backslash.
fn postgres_parameter(name: &str, value: String) -> (&str, String) {
    match name {
        "schema" => {
            let quoted = format!("\"{}\"", value.replace('"', "\"\""));
            let escaped = quoted.replace('\\', r"\\").replace(' ', r"\ ");
            ("options", format!("-csearch_path={escaped}"))
        }
        name => (name, value),
    }
}

/// The one namespace of the search path that a URL names: `options=-csearch_path="media"`.
pub(super) fn namespace_of(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let (_, options) = url.query_pairs().find(|(name, _)| name == "options")?;
    let words = words(&options);
    let settings = words.iter().enumerate().filter_map(|(at, word)| match word.as_str() {
        "-c" => words.get(at + 1).map(String::as_str),
        word => word.strip_prefix("-c").or_else(|| word.strip_prefix("--")),
    });
    let path = settings.filter_map(|it| it.strip_prefix("search_path=")).next_back()?;
    let quoted = path.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    let is_plain =
        |it: &str| it.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_');
    match quoted {
        Some(inner) if inner.replace("\"\"", "").contains('"') || inner == "$user" => None,
        Some(inner) => Some(inner.replace("\"\"", "\"")),
        None => (!path.is_empty() && is_plain(path)).then(|| path.to_owned()),
    }
}

/// What blanks separate, unless a backslash stands before them.
fn words(options: &str) -> Vec<String> {
    let (mut words, mut escaped) = (vec![String::new()], false);
    for letter in options.chars() {
        match letter {
            '\\' if !escaped => escaped = true,
            it if it.is_whitespace() && !escaped => words.push(String::new()),
            it => {
                words.last_mut().expect("there is one").push(it);
                escaped = false;
            }
        }
    }
    words.retain(|it| !it.is_empty());
    words
}

/// The parameters that a URL says itself.
pub(super) fn said_by(url: &str) -> Vec<String> {
    let Ok(url) = Url::parse(url) else { return Vec::new() };
    let mut said: Vec<String> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    let parts = [
        ("host", url.host_str().is_some_and(|it| !it.is_empty())),
        ("port", url.port().is_some()),
        ("user", !url.username().is_empty()),
        ("password", url.password().is_some()),
        ("dbname", url.path().len() > 1),
    ];
    said.extend(parts.into_iter().filter(|(_, there)| *there).map(|(name, _)| name.to_owned()));
    said
}

/// `postgres://user:password@host:port/dbname?…`.
fn url_of(mut parameters: BTreeMap<String, String>) -> String {
    let mut url = "postgres://".to_owned();
    let host = parameters.remove("host");
    if let Some(user) = parameters.remove("user") {
        url += &percent_encode(&user);
        if let Some(password) = parameters.remove("password") {
            url += &format!(":{}", percent_encode(&password));
        }
        url.push('@');
    }
    match host {
        Some(host) if host.contains(':') && !host.starts_with('/') => url += &format!("[{host}]"),
        Some(host) => url += &percent_encode(&host),
        None => {}
    }
    if let Some(port) = parameters.remove("port") {
        url += &format!(":{}", percent_encode(&port));
    }
    if let Some(database) = parameters.remove("dbname") {
        url += &format!("/{}", percent_encode(&database));
    }
    with_query(url, &parameters)
}

fn with_query(mut url: String, parameters: &BTreeMap<String, String>) -> String {
    for (name, value) in parameters {
        let separator = if url.contains('?') { '&' } else { '?' };
        url += &format!("{separator}{}={}", percent_encode(name), percent_encode(value));
    }
    url
}

/// All but what stands for itself anywhere in a URL. libpq takes no `+` for a blank.
fn percent_encode(text: &str) -> String {
    let plain = |it: u8| it.is_ascii_alphanumeric() || b"-._~".contains(&it);
    text.bytes()
        .map(|it| if plain(it) { char::from(it).to_string() } else { format!("%{it:02X}") })
        .collect()
}

/// A value of a connection string.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\\', r"\\").replace('\'', r"\'"))
}
