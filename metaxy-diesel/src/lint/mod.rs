//! [`lint`]: what a migration does that someone should know before it runs. Each rule is a file under `rules/`.
//!
//! A line `-- metaxy:ignore CODE reason` in a script silences a rule from there on: for the statement that it stands in or
//! before, and all that follow. At the top it is for the whole script.

pub(crate) mod act;
mod ignore;
mod rules;
mod script;
mod squawk;

use crate::{
    apply::Direction, backend::Backend, change::Risk, migration::Migration, schema::Schema,
};
use ignore::ignores;
use metaxy_core::config::{LintLevel, LintsConfig};
pub use rules::{LINTS, find};
use rules::{MALFORMED_IGNORE, UNUSED_IGNORE};
use script::Script;
use std::fmt;

/// A rule for migrations.
#[derive(Debug)]
pub struct Lint {
    /// Its code, which never changes: `MX101`.
    pub code: &'static str,
    /// What it is about.
    pub group: Group,
    /// How its findings are taken, unless the configuration says otherwise.
    pub level: LintLevel,
    /// What it finds, in a few words that follow the name of an object.
    pub title: &'static str,
    /// Why that matters, in a sentence.
    pub why: &'static str,
    /// What to do, in a sentence.
    pub mend: &'static str,
    check: fn(&Script<'_>) -> Vec<Found>,
}

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Rows or values are lost: `MX1…`.
    Destructive,
    /// Rows that are there can make it fail: `MX2…`.
    Data,
    /// Programs that run meanwhile can fail: `MX3…`.
    Code,
    /// Others wait for a lock: `MX4…`.
    Locks,
    /// How things are named: `MX5…`.
    Names,
    /// How tables and migrations are best made: `MX6…`.
    Conventions,
    /// The comments that silence rules: `MX9…`.
    Ignores,
}

/// What a rule finds in a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// The line, from 1, where one says it.
    pub(crate) line: Option<usize>,
    /// What it is about.
    pub(crate) object: String,
}

/// What a rule found in a migration.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule.
    pub lint: &'static Lint,
    /// How it is taken: never [`LintLevel::Allow`].
    pub level: LintLevel,
    /// The directory of the migration.
    pub migration: String,
    /// Its script: `up.sql` or `down.sql`.
    pub file: &'static str,
    /// The line, from 1, where one says it.
    pub line: Option<usize>,
    /// What it is about: `table`, `table.column`, or another name. Can be empty.
    pub object: String,
}

/// What the rules find in the scripts of a migration for a database.
///
/// `snapshot` is the schema that the history leads to. What is destroyed, or depends on rows or on programs, is looked for
/// in `up.sql` only: whoever reverts is asked by then, and rows are counted.
pub fn lint(
    migration: &Migration,
    backend: Backend,
    snapshot: Option<&Schema>,
    levels: &LintsConfig,
) -> Vec<Finding> {
    let origin = migration.metadata.metaxy.as_ref();
    let up = Some((Direction::Up, migration.up.as_str()));
    let down = migration.down.as_deref().map(|it| (Direction::Down, it));
    let mut findings = Vec::new();
    for (direction, text) in up.into_iter().chain(down) {
        let dialect = backend.dialect();
        let transaction = migration.metadata.run_in_transaction && dialect.transactional_ddl;
        let risks: &[Risk] = match direction {
            Direction::Up => origin.map_or(&[], |it| &it.risks),
            Direction::Down => &[],
        };
        let mut script = Script::new(dialect, direction, text, transaction);
        (script.generated, script.risks, script.schema) = (origin.is_some(), risks, snapshot);
        findings.extend(lint_script(&script, &migration.name, levels));
    }
    findings
}

/// All rules as tables of Markdown, a table a group.
pub fn table() -> String {
    let mut text = String::new();
    for group in Group::ALL {
        text += &format!(
            "\n### {}\n\n| code | level | finds | why | mend |\n|---|---|---|---|---|\n",
            group.title()
        );
        for lint in LINTS.iter().filter(|it| it.group == group) {
            let Lint { code, level, title, why, mend, .. } = lint;
            text += &format!("| `{code}` | {} | {title} | {why} | {mend} |\n", level.name());
        }
    }
    text + "\n"
}

fn lint_script(script: &Script<'_>, migration: &str, levels: &LintsConfig) -> Vec<Finding> {
    let finding = |lint: &'static Lint, found: Found| Finding {
        lint,
        level: levels.level(lint.code).unwrap_or(lint.level),
        migration: migration.to_owned(),
        file: script.direction.file(),
        line: found.line,
        object: found.object,
    };
    let (mut ignores, malformed) = ignores(script.text);
    let rules = LINTS.iter().filter(|it| it.group.is_about(script.direction));
    let found =
        rules.flat_map(|&lint| (lint.check)(script).into_iter().map(move |it| finding(lint, it)));
    let mut findings: Vec<_> = found.collect();
    findings.retain(|finding| {
        let statement =
            finding.line.and_then(|line| script.statements.iter().find(|it| it.last_line >= line));
        let last_line = statement.map(|it| it.last_line);
        // All are asked: each that silences something is of use.
        let mut silenced = false;
        for ignore in &mut ignores {
            silenced |= ignore.silences(finding, last_line);
        }
        !silenced
    });
    findings.extend(malformed.into_iter().map(|it| finding(&MALFORMED_IGNORE, it)));
    let unused = ignores.iter().filter(|it| !it.used);
    findings.extend(unused.map(|it| {
        let found = Found { line: Some(it.line), object: it.code.to_owned() };
        finding(&UNUSED_IGNORE, found)
    }));
    findings.retain(|it| it.level != LintLevel::Allow);
    findings.sort_by_key(|it| (it.line, it.lint.code));
    findings
}

impl Group {
    /// All groups, in the order of their codes.
    pub const ALL: [Self; 7] = [
        Self::Destructive,
        Self::Data,
        Self::Code,
        Self::Locks,
        Self::Names,
        Self::Conventions,
        Self::Ignores,
    ];

    /// The group in words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Destructive => "Rows or values are lost",
            Self::Data => "Rows that are there can make it fail",
            Self::Code => "Programs that run meanwhile can fail",
            Self::Locks => "Others wait for a lock",
            Self::Names => "Names",
            Self::Conventions => "Conventions",
            Self::Ignores => "Comments that silence rules",
        }
    }

    fn is_about(self, direction: Direction) -> bool {
        direction == Direction::Up || !matches!(self, Self::Destructive | Self::Data | Self::Code)
    }
}

impl fmt::Display for Finding {
    /// `warn MX101 2026-11-23-001530_x/up.sql:3 clip: drops a table with its rows`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = self.level.name();
        write!(out, "{level} {} {}/{}", self.lint.code, self.migration, self.file)?;
        if let Some(line) = self.line {
            write!(out, ":{line}")?;
        }
        if !self.object.is_empty() {
            write!(out, " {}", self.object)?;
        }
        write!(out, ": {}", self.lint.title)
    }
}
