//! [`Sum`]: the hashes of a history's files, kept beside them as `metaxy.sum`.
//!
//! ```text
//! metaxy.sum 1 CHAIN
//! HASH 2026-11-23-001530_initialize/up.sql
//! HASH 2026-11-23-001530_initialize/down.sql
//! HASH snapshot.json
//! ```
//!
//! The chain on the first line is a hash of the lines below: branches that each add a migration conflict there when
//! they are merged, before anything runs.

use crate::{hash::text_hash, snapshot::SNAPSHOT_FILE};
use std::{collections::BTreeMap, fmt};

/// The file that holds the hashes, in the directory of the migrations.
pub const SUM_FILE: &str = "metaxy.sum";

const HEADER: &str = "metaxy.sum 1 ";

/// The SHA-256 of each file of a history, by path within its directory, line ends normalised.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sum {
    files: BTreeMap<String, String>,
}

/// Why the text of a sum file was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseSumError {
    /// The first line is missing, or of a later version.
    #[error("line 1 does not begin with `{HEADER}`")]
    Header,
    /// A line is not `HASH PATH`.
    #[error("line {0} is not a hash and a path")]
    Line(usize),
    /// The chain on the first line is not that of the lines below.
    #[error("the chain on line 1 is not that of the lines below: it was edited, or merged by hand")]
    Chain,
}

/// What is wrong with a file of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The history has files, and no sums.
    NoSum,
    /// The file differs from what was written.
    Edited {
        /// The file.
        file: String,
    },
    /// The file is not there.
    MissingFile {
        /// The file.
        file: String,
    },
    /// The directory of a migration is not there.
    MissingMigration {
        /// The directory.
        directory: String,
    },
    /// A migration is there that the sums do not know.
    UnknownMigration {
        /// The directory.
        directory: String,
        /// Whether it comes before one that is known, and so was inserted.
        inserted: bool,
    },
    /// A file is there that the sums do not know, in a migration that they know.
    UnknownFile {
        /// The file.
        file: String,
    },
    /// The snapshot is not of the last migration.
    StaleSnapshot {
        /// The version that the snapshot is of.
        snapshot: String,
        /// The version of the last migration.
        last: String,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSum => write!(out, "`{SUM_FILE}` is missing"),
            Self::Edited { file } if file == SNAPSHOT_FILE => {
                write!(out, "the snapshot `{file}` was edited")
            }
            Self::Edited { file } => write!(out, "`{file}` was edited after it was written"),
            Self::MissingFile { file } => write!(out, "`{file}` is missing"),
            Self::MissingMigration { directory } => {
                write!(out, "the migration `{directory}` is missing")
            }
            Self::UnknownMigration { directory, inserted: false } => {
                write!(out, "the migration `{directory}` was added without its sums")
            }
            Self::UnknownMigration { directory, inserted: true } => {
                write!(out, "the migration `{directory}` was inserted before others")
            }
            Self::UnknownFile { file } => write!(out, "`{file}` was added without its sum"),
            Self::StaleSnapshot { snapshot, last } => {
                write!(out, "the snapshot is of migration {snapshot}, and the last one is {last}")
            }
        }
    }
}

impl Sum {
    /// The sums of these files: path within the directory, and text.
    pub fn of<'a>(files: impl IntoIterator<Item = (String, &'a str)>) -> Self {
        Self { files: files.into_iter().map(|(path, text)| (path, text_hash(text))).collect() }
    }

    /// Reads the text of a sum file.
    ///
    /// # Errors
    ///
    /// Where a line is malformed, or the chain does not hold.
    pub fn parse(text: &str) -> Result<Self, ParseSumError> {
        let mut lines = text.lines();
        let chain =
            lines.next().and_then(|it| it.strip_prefix(HEADER)).ok_or(ParseSumError::Header)?;
        let files = lines
            .enumerate()
            .map(|(at, line)| {
                let (hash, path) = line.split_once(' ').ok_or(ParseSumError::Line(at + 2))?;
                Ok((path.to_owned(), hash.to_owned()))
            })
            .collect::<Result<_, _>>()?;
        let sum = Self { files };
        match text_hash(&sum.lines()) == chain {
            true => Ok(sum),
            false => Err(ParseSumError::Chain),
        }
    }

    /// All that differs between these sums, as they were written, and those of the files that are there.
    pub fn compare(&self, found: &Self) -> Vec<Finding> {
        let known = self.directories();
        let there = found.directories();
        let last = known.last_key_value().map(|(directory, ())| *directory);
        let gone = known.keys().filter(|it| !there.contains_key(*it));
        let new = there.keys().filter(|it| !known.contains_key(*it));
        let mut findings: Vec<Finding> =
            gone.map(|it| Finding::MissingMigration { directory: (*it).to_owned() }).collect();
        findings.extend(new.map(|it| Finding::UnknownMigration {
            directory: (*it).to_owned(),
            inserted: last.is_some_and(|last| *it < last),
        }));
        for (file, hash) in &self.files {
            match found.files.get(file) {
                Some(other) if other == hash => {}
                Some(_) => findings.push(Finding::Edited { file: file.clone() }),
                None if directory(file).is_none_or(|it| there.contains_key(it)) => {
                    findings.push(Finding::MissingFile { file: file.clone() });
                }
                None => {}
            }
        }
        let unknown = found.files.keys().filter(|file| {
            !self.files.contains_key(*file)
                && directory(file).is_none_or(|it| known.contains_key(it))
        });
        findings.extend(unknown.map(|file| Finding::UnknownFile { file: file.clone() }));
        findings
    }

    fn directories(&self) -> BTreeMap<&str, ()> {
        self.files.keys().filter_map(|file| Some((directory(file)?, ()))).collect()
    }

    fn lines(&self) -> String {
        self.files.iter().map(|(path, hash)| format!("{hash} {path}\n")).collect()
    }
}

impl fmt::Display for Sum {
    /// The text of a sum file.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.lines();
        write!(out, "{HEADER}{}\n{lines}", text_hash(&lines))
    }
}

fn directory(file: &str) -> Option<&str> {
    Some(file.split_once('/')?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(files: &[(&str, &str)]) -> Sum {
        Sum::of(files.iter().map(|(path, text)| ((*path).to_owned(), *text)))
    }

    #[test]
    fn is_read_back() {
        let written = sum(&[("1_a/up.sql", "x"), ("snapshot.json", "{}")]);
        assert_eq!(Sum::parse(&written.to_string()), Ok(written.clone()));
        let edited = written.to_string().replace("1_a", "2_a");
        assert_eq!(Sum::parse(&edited), Err(ParseSumError::Chain));
        assert_eq!(Sum::parse(""), Err(ParseSumError::Header));
        assert_eq!(Sum::parse("metaxy.sum 1 x\ny"), Err(ParseSumError::Line(2)));
    }

    #[test]
    fn findings_are_told_apart() {
        let known = [("2_b/up.sql", "x"), ("2_b/down.sql", "y"), ("snapshot.json", "{}")];
        let check = |found: &[(&str, &str)], expected: &[&str]| {
            let findings = sum(&known).compare(&sum(found));
            let words: Vec<String> = findings.iter().map(ToString::to_string).collect();
            assert_eq!(words, expected);
        };
        check(&known, &[]);
        check(
            &[("2_b/up.sql", "edited"), known[1], known[2]],
            &["`2_b/up.sql` was edited after it was written"],
        );
        check(&[known[0], known[2]], &["`2_b/down.sql` is missing"]);
        check(&[known[2]], &["the migration `2_b` is missing"]);
        check(
            &[known[0], known[1], ("snapshot.json", "{ }")],
            &["the snapshot `snapshot.json` was edited"],
        );
        check(
            &[known[0], known[1], known[2], ("1_a/up.sql", ""), ("3_c/up.sql", "")],
            &[
                "the migration `1_a` was inserted before others",
                "the migration `3_c` was added without its sums",
            ],
        );
        check(
            &[known[0], known[1], known[2], ("2_b/metadata.toml", "")],
            &["`2_b/metadata.toml` was added without its sum"],
        );
    }
}
