//! [`Origin`], where a value came from, and [`Place`], a place in a file with its line, secrets left out.

use super::source::{Quote, Source};
use std::{
    fmt,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Where a setting was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In a file.
    File(Box<Place>),
    /// By the environment variable of this name.
    Variable(String),
}

/// A place in a configuration file. Displays as `metaxy.toml:3:5`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// Its line, from 1.
    pub line: usize,
    /// The character of the line, from 1.
    pub column: usize,
    /// The bytes of the file that are meant.
    pub span: Range<usize>,
    /// The line, without its ending. Comments and all strings that could be secret read `***`.
    pub source: String,
    /// The bytes of [`source`](Self::source) that are meant.
    pub label: Range<usize>,
}

impl Place {
    /// The file as a renderer of diagnostics wants it, and the label in it: the lines before
    /// [`source`](Self::source) are there, but empty.
    ///
    /// ```
    /// # use metaxy_core::config::Place;
    /// fn quote(place: &Place) -> String {
    ///     let (text, label) = place.document();
    ///     assert_eq!(text.lines().count(), place.line);
    ///     text[label].to_owned()
    /// }
    /// ```
    pub fn document(&self) -> (String, Range<usize>) {
        let before = self.line - 1;
        let text = "\n".repeat(before) + &self.source;
        (text, before + self.label.start..before + self.label.end)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(place) => place.fmt(out),
            Self::Variable(name) => write!(out, "environment variable {name}"),
        }
    }
}

/// Where a value stands, cheap to clone; [`Origin`] is made of it when there is something to report.
#[derive(Clone)]
pub(super) enum Spot {
    File { source: Arc<Source>, key: Range<usize>, value: Range<usize> },
    Variable(Arc<str>),
}

impl Spot {
    /// Where the key stands.
    pub fn key(&self) -> Origin {
        self.origin(Quote::Hidden, |key, _| key.clone())
    }

    /// Where the value stands.
    pub fn value(&self, quote: Quote) -> Origin {
        self.origin(quote, |_, value| value.clone())
    }

    /// The same key with another value: an item of its list.
    pub fn with_value(&self, value: Range<usize>) -> Self {
        match self {
            Self::File { source, key, .. } => {
                Self::File { source: source.clone(), key: key.clone(), value }
            }
            Self::Variable(_) => self.clone(),
        }
    }

    /// Whether only the environment knows of it.
    pub fn is_variable(&self) -> bool {
        matches!(self, Self::Variable(_))
    }

    /// The file it stands in.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File { source, .. } => Some(&source.file),
            Self::Variable(_) => None,
        }
    }

    fn origin(
        &self,
        quote: Quote,
        pick: impl Fn(&Range<usize>, &Range<usize>) -> Range<usize>,
    ) -> Origin {
        match self {
            Self::File { source, key, value } => {
                Origin::File(Box::new(source.place(pick(key, value), quote)))
            }
            Self::Variable(name) => Origin::Variable(name.to_string()),
        }
    }
}
