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
    /// Its indexes and unique constraints.
    pub indexes: Vec<Index>,
    /// Its foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
}

/// A column.
pub struct Column {
    /// Its type: a word, or JSON.
    pub word: String,
    /// The values of its enumerated type.
    pub values: Vec<String>,
    /// Whether it may be NULL.
    pub nullable: bool,
}

/// An index.
#[derive(PartialEq)]
pub struct Index {
    /// The columns and expressions, in order.
    pub keys: Vec<Key>,
    /// Whether each combination of values occurs once.
    pub unique: bool,
    /// The rows that it has, as SQL.
    pub predicate: Option<String>,
}

/// What an index is on.
#[derive(Clone, PartialEq)]
pub enum Key {
    /// A column.
    Column(String),
    /// A SQL expression, as it is written in the code.
    Expression(String),
}

/// A foreign key.
#[derive(PartialEq)]
pub struct ForeignKey {
    /// The columns that refer.
    pub columns: Vec<String>,
    /// The schema of the table that they refer to.
    pub schema: Option<String>,
    /// The table that they refer to.
    pub table: String,
    /// The columns there.
    pub referenced: Vec<String>,
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
    if text.lines().any(|it| it.starts_with("<<<<<<< ")) {
        return Err("it has conflicts of a merge: run `cargo metaxy migration rebase`".to_owned());
    }
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
    let enums = list(&json["schema"]["enums"])
        .map(|it| ((text_of(&it["schema"]), text_of(&it["name"])), texts(&it["values"])));
    let enums: Enums = enums.collect();
    Ok(Snapshot {
        backend: text_of(&json["backend"]),
        table_prefix: text_of(&json["table_prefix"]),
        tables: tables.map(|it| (text_of(&it["name"]), Table::of(it, &enums))).collect(),
    })
}

/// The values of enumerated types, by schema and name.
type Enums = HashMap<(String, String), Vec<String>>;

impl Table {
    fn of(json: &Value, enums: &Enums) -> Self {
        let column = |it: &Value| {
            let sql_type = &it["type"];
            let nullable = it["nullable"].as_bool() == Some(true);
            let word = sql_type.as_str().map_or_else(|| sql_type.to_string(), str::to_owned);
            (text_of(&it["name"]), Column { word, values: values(sql_type, enums), nullable })
        };
        let indexes = list(&json["indexes"]).map(|it| Index::of(it, it["unique"] == true));
        let uniques = list(&json["uniques"]).map(|it| Index::of(it, true));
        Self {
            columns: list(&json["columns"]).map(column).collect(),
            primary_key: texts(&json["primary_key"]["columns"]),
            indexes: indexes.chain(uniques).collect(),
            foreign_keys: list(&json["foreign_keys"]).map(ForeignKey::of).collect(),
        }
    }
}

/// The values of an enumerated type, or of an array of it.
fn values(sql_type: &Value, enums: &Enums) -> Vec<String> {
    let sql_type = sql_type.get("array").unwrap_or(sql_type);
    match sql_type.get("enum") {
        Some(name) => enums
            .get(&(text_of(&name["schema"]), text_of(&name["name"])))
            .cloned()
            .unwrap_or_default(),
        None => texts(&sql_type["values"]),
    }
}

impl Index {
    fn of(json: &Value, unique: bool) -> Self {
        let key = |it: &Value| match it["expression"].as_str() {
            Some(sql) => Key::Expression(sql.to_owned()),
            None => Key::Column(text_of(it.get("column").unwrap_or(it))),
        };
        let predicate = json["where"].as_str().map(str::to_owned);
        Self { keys: list(&json["columns"]).map(key).collect(), unique, predicate }
    }
}

impl ForeignKey {
    fn of(json: &Value) -> Self {
        let table = &json["references"];
        Self {
            columns: texts(&json["columns"]),
            schema: table["schema"].as_str().map(str::to_owned),
            table: text_of(&table["name"]),
            referenced: texts(&json["referenced_columns"]),
        }
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
