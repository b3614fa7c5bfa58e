//! `metaxy lock`.

use super::{Context, Failure, Outcome, print_json, store};
use metaxy_core::{
    files,
    lock::{LockChange, LockChanges, LockError, LockFile},
    registry::linked_definitions,
};
use metaxy_diesel::push::SyncError;
use serde::Serialize;
use std::{collections::BTreeSet, io::Write, path::PathBuf};

/// Writes metaxy.lock: the features of other projects that those here depend on, as the store has them
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Other projects record their features with `metaxy push`, in Rust or Python. The
lock file is that of Metaxy for Python: commit it. Its features count from then
on, in place of those of `metaxy::external_features!`.

Examples:
  metaxy lock
  metaxy -n prod lock --check     exit code 1 where the store has something else")]
pub struct Lock {
    /// The file; by default `metaxy_lock_path` of metaxy.toml, or metaxy.lock beside it
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write nothing, and end with exit code 1 where the file is out of date
    #[arg(long)]
    check: bool,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    file: String,
    up_to_date: bool,
    written: bool,
    added: Vec<Change<'a>>,
    updated: Vec<Change<'a>>,
    removed: Vec<Change<'a>>,
    unchanged: usize,
}

#[derive(Serialize)]
struct Change<'a> {
    project: &'a str,
    feature: &'a str,
    from: Option<&'a str>,
    to: Option<&'a str>,
}

impl Lock {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let own = linked_definitions();
        if own.is_empty() {
            return Err(Failure::no_features());
        }
        let config = &context.config;
        let projects: BTreeSet<&str> = own.iter().map(|it| it.project.as_str()).collect();
        let project = match (config.project.as_deref(), projects.first()) {
            (Some(project), _) => project,
            (None, Some(project)) if projects.len() == 1 => project,
            _ => {
                let projects = Vec::from_iter(projects).join(", ");
                let words = format!(
                    "features of several projects are linked ({projects}): write `project = …` to metaxy.toml"
                );
                return Err(Failure::words(words));
            }
        };
        let path = self.output.unwrap_or_else(|| config.lock_file());
        let length = config.hash_truncation_length;
        let lock = store(context)?.lock(&own, Some(project), &config.extra_features, length)?;
        let text = lock.to_toml()?;
        let old = LockFile::read(&path).unwrap_or_else(|error| {
            if !context.quiet {
                eprintln!("warning: {error}");
            }
            None
        });
        let changes = lock.changes_from(old.as_ref().unwrap_or(&LockFile::default()));
        let up_to_date = old.is_some() && changes.is_empty();
        let written = !(up_to_date || self.check);
        if written {
            files::replace(&path, &text).map_err(|error| Failure::file_write(&path, error))?;
        }
        let file = path.display().to_string();
        if self.json {
            print_json(context.out, &Report::of(file, up_to_date, written, &changes))?;
        } else {
            print(context.out, &changes)?;
            let count = lock.features.len();
            let features = if count == 1 { "feature" } else { "features" };
            let words = match (up_to_date, written) {
                (true, _) => "up to date",
                (false, true) => "written",
                (false, false) => "out of date",
            };
            writeln!(context.out, "{file}: {words}, {count} {features}")?;
        }
        Ok(if self.check && !up_to_date { Outcome::Found } else { Outcome::Fine })
    }
}

fn print(out: &mut dyn Write, changes: &LockChanges) -> Result<(), Failure> {
    let line = |sign, it: &LockChange| {
        let versions = match (&it.from, &it.to) {
            (Some(from), Some(to)) if from != to => format!("{from} → {to}"),
            (Some(from), Some(_)) => format!("{from}, its definition only"),
            (from, to) => to.as_ref().or(from.as_ref()).cloned().unwrap_or_default(),
        };
        format!("{sign} {} ({versions}) of {}", it.key, it.project)
    };
    let added = changes.added.iter().map(|it| line('+', it));
    let updated = changes.updated.iter().map(|it| line('~', it));
    for line in added.chain(updated).chain(changes.removed.iter().map(|it| line('-', it))) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

impl<'a> Report<'a> {
    fn of(file: String, up_to_date: bool, written: bool, changes: &'a LockChanges) -> Self {
        let list = |changes: &'a [LockChange]| changes.iter().map(Change::of).collect();
        Self {
            file,
            up_to_date,
            written,
            added: list(&changes.added),
            updated: list(&changes.updated),
            removed: list(&changes.removed),
            unchanged: changes.unchanged,
        }
    }
}

impl<'a> Change<'a> {
    fn of(it: &'a LockChange) -> Self {
        Self {
            project: &it.project,
            feature: &it.key,
            from: it.from.as_deref(),
            to: it.to.as_deref(),
        }
    }
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        Self::usage(error)
    }
}

impl From<SyncError> for Failure {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::Records(error) => error.into(),
            error => Self::usage(error),
        }
    }
}
