//! The `snapshot.json` of a history, as far as the check needs it.

use serde_json::Value;
use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

/// The newest format that is read.
const FORMAT: u64 = 1;

/// The tables that the migrations of a history lead to.
pub struct Snapshot {
    /// The database that they are for.
    pub backend: String,
    /// What the tables' names start with.
    pub table_prefix: String,
    /// The tables, by name.
    pub tables: HashMap<String, Table>,
}

/// A table.
pub struct Table {
    /// Its columns, by name.
    pub columns: HashMap<String, Column>,
    /// The columns of its primary key.
    pub primary_key: Vec<String>,
    /// Its indexes and unique constraints on columns.
    pub indexes: Vec<Index>,
    /// The columns of each foreign key.
    pub foreign_keys: Vec<Vec<String>>,
}

/// A column.
pub struct Column {
    /// Its type: a word, or JSON.
    pub word: String,
    /// Whether it may be NULL.
    pub nullable: bool,
}

/// An index on columns.
#[derive(PartialEq)]
pub struct Index {
    /// The columns, in order.
    pub columns: Vec<String>,
    /// Whether each combination of values occurs once.
    pub unique: bool,
}

/// What was read, by file, with what the file was then.
static READ: Mutex<Option<Read>> = Mutex::new(None);

type Read = HashMap<PathBuf, (Stamp, Arc<Snapshot>)>;

/// What tells that a file has changed.
type Stamp = (Option<SystemTime>, u64);

/// Reads a file, once as long as it does not change: all features of a package ask. `None`: it is not there.
pub fn read(file: &Path) -> Result<Option<Arc<Snapshot>>, String> {
    let metadata = match fs::metadata(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        metadata => metadata.map_err(|error| error.to_string())?,
    };
    let stamp = (metadata.modified().ok(), metadata.len());
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    let read = read.get_or_insert_default();
    match read.get(file) {
        Some((known, snapshot)) if *known == stamp => Ok(Some(snapshot.clone())),
        _ => {
            let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
            let snapshot = Arc::new(parse(&text)?);
            read.insert(file.to_owned(), (stamp, snapshot.clone()));
            Ok(Some(snapshot))
        }
    }
}

/// Reads the text of a snapshot.
pub fn parse(text: &str) -> Result<Snapshot, String> {
    let json: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    match json["format"].as_u64() {
        Some(..=FORMAT) => {}
        Some(later) => {
            return Err(format!(
                "it has format {later}, and this version of metaxy reads up to {FORMAT}: update metaxy"
            ));
        }
        None => return Err("it is no snapshot of a history".to_owned()),
    }
    let tables = list(&json["schema"]["tables"]);
    Ok(Snapshot {
        backend: text_of(&json["backend"]),
        table_prefix: text_of(&json["table_prefix"]),
        tables: tables.map(|it| (text_of(&it["name"]), Table::of(it))).collect(),
    })
}

impl Table {
    fn of(json: &Value) -> Self {
        let column = |it: &Value| {
            let nullable = it["nullable"].as_bool() == Some(true);
            let word = it["type"].as_str().map_or_else(|| it["type"].to_string(), str::to_owned);
            (text_of(&it["name"]), Column { word, nullable })
        };
        let indexes = list(&json["indexes"]).filter_map(|it| Index::of(it, it["unique"] == true));
        let uniques = list(&json["uniques"]).filter_map(|it| Index::of(it, true));
        Self {
            columns: list(&json["columns"]).map(column).collect(),
            primary_key: texts(&json["primary_key"]["columns"]),
            indexes: indexes.chain(uniques).collect(),
            foreign_keys: list(&json["foreign_keys"]).map(|it| texts(&it["columns"])).collect(),
        }
    }
}

impl Index {
    /// `None`: it is of expressions.
    fn of(json: &Value, unique: bool) -> Option<Self> {
        let column = |it: &Value| it.as_str().or_else(|| it["column"].as_str()).map(str::to_owned);
        Some(Self { columns: list(&json["columns"]).map(column).collect::<Option<_>>()?, unique })
    }
}

fn list(json: &Value) -> impl Iterator<Item = &Value> {
    json.as_array().into_iter().flatten()
}

fn texts(json: &Value) -> Vec<String> {
    list(json).map(text_of).collect()
}

fn text_of(json: &Value) -> String {
    json.as_str().unwrap_or_default().to_owned()
}
