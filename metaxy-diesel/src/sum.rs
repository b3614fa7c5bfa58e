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
    /// Git left its marks in it.
    #[error("it has conflicts of a merge: run `metaxy migration rebase`, which writes it anew")]
    Conflict,
    /// The first line is missing, or of a later version.
    #[error(
        "line 1 does not begin with `{HEADER}`; look through the migrations, then run `metaxy migration repair`"
    )]
    Header,
    /// A line is not `HASH PATH`.
    #[error(
        "line {0} is not a hash and a path; look through the migrations, then run `metaxy migration repair`"
    )]
    Line(usize),
    /// The chain on the first line is not that of the lines below.
    #[error(
        "the chain on line 1 is not that of the lines below: it was edited, or merged by hand; look through the \
         migrations, then run `metaxy migration repair`"
    )]
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
    /// A migration has another name, and so another place.
    RenamedMigration {
        /// The directory that the sums know.
        from: String,
        /// The directory that is there.
        to: String,
        /// Whether another migration is between the two places.
        reordered: bool,
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
            Self::RenamedMigration { from, to, reordered } => {
                let words = if *reordered { "was reordered: it is `" } else { "was renamed to `" };
                write!(out, "the migration `{from}` {words}{to}`")?;
                if *reordered { out.write_str(" now") } else { Ok(()) }
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
        if has_conflict(text) {
            return Err(ParseSumError::Conflict);
        }
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
        let (known, there) = (self.directories(), found.directories());
        let last = known.last_key_value().map(|(directory, _)| *directory);
        let mut gone: Vec<_> = known.iter().filter(|(it, _)| !there.contains_key(*it)).collect();
        let mut findings = Vec::new();
        for (new, files) in there.iter().filter(|(it, _)| !known.contains_key(*it)) {
            let directory = (*new).to_owned();
            let Some(at) = gone.iter().position(|(_, former)| *former == files) else {
                let inserted = last.is_some_and(|last| *new < last);
                findings.push(Finding::UnknownMigration { directory, inserted });
                continue;
            };
            let (from, _) = gone.remove(at);
            let between = |it: &&str| (*from < *it && *it < *new) || (*new < *it && *it < *from);
            let reordered = there.keys().any(between);
            let from = (*from).to_owned();
            findings.push(Finding::RenamedMigration { from, to: directory, reordered });
        }
        let gone = gone
            .into_iter()
            .map(|(it, _)| Finding::MissingMigration { directory: (*it).to_owned() });
        findings.splice(0..0, gone);
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

    /// The files that have none of the hashes that a text has of them: that of a sum file, with the marks that Git left in it.
    /// Files that it does not know are none of these.
    pub(crate) fn edited(text: &str, found: &Self) -> Vec<Finding> {
        let mut known: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (hash, path) in text.lines().filter_map(|it| it.split_once(' ')) {
            known.entry(path).or_default().push(hash);
        }
        let is_edited = |(path, hash): &(&String, &String)| {
            known.get(path.as_str()).is_some_and(|it| !it.contains(&hash.as_str()))
        };
        let edited = found.files.iter().filter(is_edited);
        edited.map(|(file, _)| Finding::Edited { file: file.clone() }).collect()
    }

    /// The hashes of the files in each directory.
    fn directories(&self) -> BTreeMap<&str, BTreeMap<&str, &str>> {
        let mut directories: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        for (path, hash) in &self.files {
            if let Some((directory, file)) = path.split_once('/') {
                directories.entry(directory).or_default().insert(file, hash.as_str());
            }
        }
        directories
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

/// Whether Git left its marks in a text.
pub(crate) fn has_conflict(text: &str) -> bool {
    text.lines().any(|it| it.starts_with("<<<<<<< "))
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
        let merged = format!("<<<<<<< HEAD\n{written}=======\n{written}>>>>>>> theirs\n");
        assert_eq!(Sum::parse(&merged), Err(ParseSumError::Conflict));
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
            &[("2_c/up.sql", "x"), ("2_c/down.sql", "y"), known[2]],
            &["the migration `2_b` was renamed to `2_c`"],
        );
        check(
            &[("3_c/up.sql", ""), ("4_b/up.sql", "x"), ("4_b/down.sql", "y"), known[2]],
            &[
                "the migration `3_c` was added without its sums",
                "the migration `2_b` was reordered: it is `4_b` now",
            ],
        );
        check(
            &[known[0], known[1], known[2], ("2_b/metadata.toml", "")],
            &["`2_b/metadata.toml` was added without its sum"],
        );
    }
}
