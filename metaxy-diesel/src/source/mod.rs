//! [`Source`]: what a schema can be read from. Any two can be compared.

mod applied;
mod compare;
mod error;
mod read;
mod replay;
#[cfg(feature = "schema-rs")]
mod schema_rs;

pub use applied::{AppliedError, applied_schema};
pub use compare::{CompareError, Difference, compare};
pub use error::{ParseSourceError, SourceError};
pub use read::{ReadOptions, read};

use crate::{backend::Backend, snapshot::Snapshot};
use metaxy_core::config::Secret;
use std::{fmt, fs, path::PathBuf, str::FromStr};

/// What a schema can be read from.
///
/// ```
/// use metaxy_diesel::source::Source;
///
/// let source: Source = "database:postgres://ann:hunter2@db/videos".parse()?;
/// assert_eq!(source.to_string(), "database:postgres://ann:***@db/videos");
/// assert_eq!("sql:schema.sql".parse(), Ok(Source::Sql("schema.sql".into())));
/// # Ok::<(), metaxy_diesel::source::ParseSourceError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The features that are linked into the program.
    Features,
    /// Metaxy's own tables.
    System,
    /// The snapshot of a history (`snapshot.json`).
    Snapshot(PathBuf),
    /// All tables in the default namespace of a live database, and in those that the histories own or the other source
    /// names; `None`: the one that the caller's store is.
    Database(Option<Secret>),
    /// A directory of migrations, run in a database made for that.
    Migrations(PathBuf),
    /// A SQL script, run in a database made for that.
    Sql(PathBuf),
    /// A `schema.rs` of Diesel: its `table!` blocks.
    SchemaRs(PathBuf),
}

/// The sources, as they are written.
pub const SOURCES: &str = "features, system, snapshot:FILE, database, database:URL, migrations:DIR, sql:FILE, schema-rs:FILE";

impl Source {
    /// The database that it is of, where it says so: a URL by its form, a snapshot by its file.
    pub fn backend(&self) -> Option<Backend> {
        match self {
            Self::Database(Some(url)) => Some(Backend::of_url(url)),
            Self::Snapshot(file) => {
                let text = fs::read_to_string(file).ok()?;
                Snapshot::from_json(&text).ok().map(|it| it.backend)
            }
            _ => None,
        }
    }

    /// Whether what is read is what a database made of it: expressions stand there as it rewrites them.
    pub fn is_of_database(&self) -> bool {
        matches!(self, Self::Database(_) | Self::Migrations(_) | Self::Sql(_))
    }
}

impl fmt::Display for Source {
    /// As it is written, without the password.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Features => out.write_str("features"),
            Self::System => out.write_str("system"),
            Self::Snapshot(file) => write!(out, "snapshot:{}", file.display()),
            Self::Database(None) => out.write_str("database"),
            Self::Database(Some(url)) => write!(out, "database:{url}"),
            Self::Migrations(directory) => write!(out, "migrations:{}", directory.display()),
            Self::Sql(file) => write!(out, "sql:{}", file.display()),
            Self::SchemaRs(file) => write!(out, "schema-rs:{}", file.display()),
        }
    }
}

impl FromStr for Source {
    type Err = ParseSourceError;

    fn from_str(text: &str) -> Result<Self, ParseSourceError> {
        let (kind, place) = match text.split_once(':') {
            None => (text, None),
            Some((kind, "")) => return Err(ParseSourceError::NoPlace { kind: kind.to_owned() }),
            Some((kind, place)) => (kind, Some(place)),
        };
        match (kind, place) {
            ("features", None) => Ok(Self::Features),
            ("system", None) => Ok(Self::System),
            ("database", place) => Ok(Self::Database(place.map(Secret::from))),
            ("snapshot", Some(file)) => Ok(Self::Snapshot(file.into())),
            ("migrations", Some(directory)) => Ok(Self::Migrations(directory.into())),
            ("sql", Some(file)) => Ok(Self::Sql(file.into())),
            ("schema-rs", Some(file)) => Ok(Self::SchemaRs(file.into())),
            ("snapshot" | "migrations" | "sql" | "schema-rs", None) => {
                Err(ParseSourceError::NoPlace { kind: kind.to_owned() })
            }
            ("features" | "system", Some(_)) => {
                Err(ParseSourceError::Place { kind: kind.to_owned() })
            }
            _ => Err(ParseSourceError::Unknown { kind: kind.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_read_back() {
        for text in [
            "features",
            "system",
            "snapshot:a b/snapshot.json",
            "database",
            "database:sqlite:///srv/v.db",
            "migrations:migrations/dev",
            "sql:C:\\a.sql",
            "schema-rs:src/schema.rs",
        ] {
            assert_eq!(text.parse::<Source>().expect(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_none_is_refused_without_its_password() {
        let check = |text: &str, expected: &str| {
            let found = text.parse::<Source>().unwrap_err().to_string();
            assert!(found.starts_with(expected), "{text}: {found}");
            assert!(!found.contains("hunter2"), "{found}");
        };
        check("", "`` is no source: write one of features, system, snapshot:FILE,");
        check("postgres://ann:hunter2@db/v", "`postgres` is no source: write `database:URL`");
        check("schema.sql", "`schema.sql` is no source");
        check("sql", "`sql` says nothing of where: write `sql:FILE`");
        check("migrations:", "`migrations` says nothing of where: write `migrations:DIR`");
        check("features:x", "`features` is all that can be said of them");
        check("databse:ann:hunter2@db", "`databse` is no source");
    }
}
