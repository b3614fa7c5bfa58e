//! Migrations as people skim them: table by table, what comes (`+`), changes (`~`) and goes (`-`), and what can go wrong.

use crate::cli::Failure;
use console::Style;
use metaxy_diesel::{
    change::Risk,
    dialect::Dialect,
    migration::{Migration, missing_backfills},
    summary::{Line, Sign},
};
use std::{fmt::Display, io::Write};

/// What a migration does, by its files: that of one that was written by hand is not known.
pub fn summary(migration: &Migration, dialect: &Dialect) -> Result<Vec<Line>, Failure> {
    let delta = migration.delta().map_err(Failure::usage)?;
    let failed = |error| Failure::usage(error).about(&migration.name);
    let mut lines = Line::of_delta(&delta, dialect).map_err(failed)?;
    // By now someone may have said what rows that are there get.
    let missing: Vec<_> = missing_backfills(migration, &migration.up).map(|it| it.column).collect();
    for line in &mut lines {
        line.risks.retain(|risk| match risk {
            Risk::NeedsBackfill { table, column } => {
                missing.iter().any(|it| it.table == *table && it.column == *column)
            }
            _ => true,
        });
    }
    Ok(lines)
}

/// The name of a migration that is about to run, and what it does, as far as its files say it.
pub fn about(migration: &Migration, stream: Stream) -> Vec<String> {
    let mut text = format!("{}\n", migration.name).into_bytes();
    let origin = migration.metadata.metaxy.as_ref();
    let lines = origin.and_then(|it| summary(migration, it.backend.dialect()).ok());
    print(&mut text, &lines.unwrap_or_default(), stream).expect("a vector takes all");
    String::from_utf8_lossy(&text).lines().map(str::to_owned).collect()
}

/// Where lines are printed, which says whether they have colours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stream {
    Out,
    Err,
}

/// Prints the lines, those of a table below it.
pub fn print(out: &mut dyn Write, lines: &[Line], stream: Stream) -> Result<(), Failure> {
    let mut tables: Vec<Vec<&Line>> = Vec::new();
    for line in lines {
        let same = |group: &&mut Vec<&Line>| line.table.is_some() && group[0].table == line.table;
        match tables.iter_mut().find(same) {
            Some(group) => group.push(line),
            None => tables.push(vec![line]),
        }
    }
    for group in tables {
        let (of_table, within): (Vec<_>, Vec<_>) =
            group.into_iter().partition(|it| it.is_table || it.table.is_none());
        match (of_table.first(), within.first().and_then(|it| it.table.as_ref())) {
            (None, Some(table)) => {
                writeln!(out, "  {} table `{table}`", stream.mark(Sign::Changed))?;
            }
            _ => of_table.iter().try_for_each(|it| one(out, "  ", it, stream))?,
        }
        within.iter().try_for_each(|it| one(out, "      ", it, stream))?;
    }
    Ok(())
}

fn one(out: &mut dyn Write, indent: &str, line: &Line, stream: Stream) -> Result<(), Failure> {
    writeln!(out, "{indent}{} {}", stream.mark(line.sign), line.words)?;
    for risk in &line.risks {
        writeln!(out, "{indent}  {}", stream.risk(risk))?;
    }
    Ok(())
}

impl Stream {
    fn mark(self, sign: Sign) -> impl Display {
        let style = match sign {
            Sign::Added => self.style().green(),
            Sign::Changed => self.style().yellow(),
            Sign::Removed => self.style().red(),
        };
        style.apply_to(sign.mark())
    }

    /// Red is what is lost, yellow what the database may refuse.
    fn risk(self, risk: &Risk) -> impl Display {
        let style = self.style();
        let style = if risk.is_loss() { style.red().bold() } else { style.yellow() };
        style.apply_to(format!("! {risk}"))
    }

    /// No colours where it is no terminal, or where `NO_COLOR` says so.
    fn style(self) -> Style {
        match self {
            Self::Out => Style::new(),
            Self::Err => Style::new().for_stderr(),
        }
    }
}
