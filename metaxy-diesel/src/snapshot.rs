//! [`Snapshot`]: the schema that a history leads to, kept beside its migrations as `snapshot.json`.

use crate::{backend::Backend, schema::Schema, sum::has_conflict};
use serde::{Deserialize, Serialize};

/// The file that holds the snapshot, in the directory of the migrations.
pub const SNAPSHOT_FILE: &str = "snapshot.json";

/// The format that this version writes, and the newest that it reads.
pub const SNAPSHOT_FORMAT: u32 = 1;

/// The schema after the last migration of a history: what the next one starts from, without a database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The format of the file.
    pub format: u32,
    /// The database that the migrations are for.
    pub backend: Backend,
    /// What the history is of: `features`, `system`.
    pub scope: String,
    /// The version of the last migration.
    pub migration: String,
    /// What the names of the store's tables start with: where the configuration says another, they are renamed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub table_prefix: String,
    /// The schema, normalised for the backend.
    pub schema: Schema,
}

/// Why a snapshot was not read.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// Git left its marks in it.
    #[error("it has conflicts of a merge: run `metaxy migration rebase`, which writes it anew")]
    Conflict,
    /// It is no JSON, or not of a snapshot.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// A later version wrote it.
    #[error(
        "it has format {0}, and this version of metaxy reads up to {SNAPSHOT_FORMAT}: update metaxy"
    )]
    Format(u32),
}

impl Snapshot {
    /// Reads the text of a snapshot file.
    ///
    /// # Errors
    ///
    /// Where the text is no snapshot, or one of a later format.
    pub fn from_json(text: &str) -> Result<Self, SnapshotError> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        match serde_json::from_str::<Self>(text) {
            Ok(snapshot) if snapshot.format <= SNAPSHOT_FORMAT => Ok(snapshot),
            Err(_) if has_conflict(text) => Err(SnapshotError::Conflict),
            // A later format may well be one that cannot be read here.
            read => match serde_json::from_str::<Format>(text)?.format {
                0..=SNAPSHOT_FORMAT => Ok(read?),
                later => Err(SnapshotError::Format(later)),
            },
        }
    }

    /// The text of a snapshot file: pretty, and the same for the same schema.
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self).expect("a snapshot has string keys only");
        json + "\n"
    }
}
