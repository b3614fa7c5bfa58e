//! [`ConfigError`]: why a configuration was refused.

use super::{Origin, StoreKind};
use std::path::PathBuf;

/// Why a configuration was refused. No message has a password in it, and neither has `Debug`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A file could not be read.
    #[error("{}: cannot read it: {reason}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// A file is not TOML.
    #[error("{origin}: not valid TOML: {reason}")]
    Syntax {
        /// Where it stops being TOML.
        origin: Origin,
        /// What was expected there.
        reason: String,
    },
    /// A key that nothing reads.
    #[error("{origin}: unknown key `{key}`{}", hint(nearest.as_deref(), "known", known))]
    UnknownKey {
        /// Where the key stands.
        origin: Origin,
        /// The key, with those above it.
        key: String,
        /// What was probably meant.
        nearest: Option<String>,
        /// All keys that may stand there.
        known: Vec<String>,
    },
    /// A key that is set twice in one place.
    #[error("{origin}: `{key}` is also set as `{other}`: keep one of them")]
    Twice {
        /// Where it is set.
        origin: Origin,
        /// The key, with those above it.
        key: String,
        /// The other key for the same setting.
        other: String,
    },
    /// A value of another type than its key wants.
    #[error("{origin}: `{key}` must be {expected}, but is {found}")]
    WrongType {
        /// Where the value stands.
        origin: Origin,
        /// The key, with those above it.
        key: String,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A value of the right type that is not allowed.
    #[error("{origin}: `{key}`: {reason}")]
    Invalid {
        /// Where the value stands.
        origin: Origin,
        /// The key, with those above it.
        key: String,
        /// Why it is not allowed, and what is.
        reason: String,
    },
    /// A `${NAME}` of a variable that is not set.
    #[error(
        "{origin}: `{key}` needs the environment variable {variable}, which is not set: \
         set it, or write a default as `${{{variable}:-default}}`"
    )]
    MissingVariable {
        /// Where the string stands.
        origin: Origin,
        /// The key, with those above it.
        key: String,
        /// The variable.
        variable: String,
    },
    /// `extend` names a file that is not there.
    #[error("{origin}: `extend` names {}, which does not exist{}", file.display(), via(chain))]
    ExtendMissing {
        /// Where it is named.
        origin: Origin,
        /// The file that is missing.
        file: PathBuf,
        /// The files that led there, from the first.
        chain: Vec<PathBuf>,
    },
    /// Files extend each other in a circle.
    #[error("{origin}: `extend` runs in a circle: {}", arrows(chain))]
    ExtendCycle {
        /// Where the circle closes.
        origin: Origin,
        /// The files, from the first to the one that comes again.
        chain: Vec<PathBuf>,
    },
    /// A store without a type.
    #[error(
        "{origin}: store `{store}` has no `type`: write one of {}, or a class of Metaxy for Python",
        StoreKind::names()
    )]
    MissingType {
        /// Where the store stands.
        origin: Origin,
        /// Its name.
        store: String,
    },
    /// A store was asked for, and there are none.
    #[error(
        "no store is configured{}: write for example\n\n[stores.dev]\ntype = \"sqlite\"\n\
         config = {{ database = \"metaxy.sqlite\" }}\n",
        file.as_ref().map_or(" (no metaxy.toml was found)".to_owned(), |file| format!(" in {}", file.display()))
    )]
    NoStores {
        /// The file that was read.
        file: Option<PathBuf>,
    },
    /// A store was asked for that is not configured.
    #[error("there is no store `{name}`{}", hint(nearest.as_deref(), "configured", known))]
    UnknownStore {
        /// The name that was asked for.
        name: String,
        /// What was probably meant.
        nearest: Option<String>,
        /// The stores that are there.
        known: Vec<String>,
    },
    /// A store was asked for that is of a type which only Metaxy for Python has.
    #[error(
        "store `{store}` is of type `{type_name}`, which is not supported here{}",
        match nearest {
            Some(nearest) => format!(": did you mean `{nearest}`?"),
            None => format!(": supported are {}, and Python's DuckDB and PostgreSQL classes", StoreKind::names()),
        }
    )]
    UnsupportedStore {
        /// The store's name.
        store: String,
        /// Its type, as it was written.
        type_name: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
}

impl ConfigError {
    /// Where the mistake is, if it is in a file or a variable.
    pub fn origin(&self) -> Option<&Origin> {
        match self {
            Self::Syntax { origin, .. }
            | Self::UnknownKey { origin, .. }
            | Self::Twice { origin, .. }
            | Self::WrongType { origin, .. }
            | Self::Invalid { origin, .. }
            | Self::MissingVariable { origin, .. }
            | Self::ExtendMissing { origin, .. }
            | Self::ExtendCycle { origin, .. }
            | Self::MissingType { origin, .. } => Some(origin),
            Self::Read { .. }
            | Self::NoStores { .. }
            | Self::UnknownStore { .. }
            | Self::UnsupportedStore { .. } => None,
        }
    }
}

fn hint(nearest: Option<&str>, what: &str, all: &[String]) -> String {
    match nearest {
        Some(nearest) => format!(": did you mean `{nearest}`?"),
        None => format!(": {what} are {}", all.join(", ")),
    }
}

fn via(chain: &[PathBuf]) -> String {
    if chain.len() > 1 { format!(" (by way of {})", arrows(chain)) } else { String::new() }
}

fn arrows(chain: &[PathBuf]) -> String {
    let chain: Vec<_> = chain.iter().map(|file| file.display().to_string()).collect();
    chain.join(" -> ")
}
