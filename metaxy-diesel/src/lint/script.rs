//! [`Script`]: a script of a migration, as lints see it.

use super::{
    Found,
    act::{Act, acts},
    squawk,
};
use crate::{apply::Direction, change::Risk, dialect::Dialect, schema::Schema};
use std::collections::BTreeMap;

/// A script of a migration.
pub(crate) struct Script<'a> {
    pub(crate) dialect: &'static Dialect,
    pub(crate) direction: Direction,
    pub(crate) text: &'a str,
    /// Whether it runs in a transaction.
    pub(crate) transaction: bool,
    pub(crate) statements: Vec<Statement<'a>>,
    /// Whether metaxy wrote it.
    pub(crate) generated: bool,
    /// What its changes put at risk, where metaxy wrote it.
    pub(crate) risks: &'a [Risk],
    /// The tables as the history leaves them, where that is known.
    pub(crate) schema: Option<&'a Schema>,
    /// What another linter found.
    others: Vec<Other>,
    created: BTreeMap<String, usize>,
}

/// A statement of a script.
pub(crate) struct Statement<'a> {
    pub(crate) text: &'a str,
    /// Where it begins, in bytes.
    at: usize,
    /// Its lines, from 1.
    pub(crate) first_line: usize,
    pub(crate) last_line: usize,
    pub(crate) acts: Vec<Act>,
}

/// What another linter found.
pub(super) struct Other {
    /// Its name of the rule.
    pub(super) rule: String,
    /// Where, in bytes.
    pub(super) at: usize,
}

impl<'a> Script<'a> {
    pub(crate) fn new(
        dialect: &'static Dialect,
        direction: Direction,
        text: &'a str,
        transaction: bool,
    ) -> Self {
        let mut lines = Lines { text, at: 0, line: 1 };
        let statements = (dialect.statements)(text).into_iter().map(|(at, statement)| {
            let first_line = lines.advance(at);
            let last_line = lines.advance(at + statement.len());
            Statement { text: statement, at, first_line, last_line, acts: acts(statement) }
        });
        let statements: Vec<_> = statements.collect();
        let created = created(&statements);
        let is_new = |(at, it): (usize, &Statement<'_>)| is_on_new_tables(&created, at, it);
        let others = match statements.iter().enumerate().all(is_new) {
            // Nobody waits for tables that are not there yet, which is all that this linter is asked for.
            true => Vec::new(),
            false => squawk::lint(dialect, text, transaction),
        };
        Self {
            dialect,
            direction,
            text,
            transaction,
            statements,
            generated: false,
            risks: &[],
            schema: None,
            others,
            created,
        }
    }

    /// The acts on tables that were there before, those that `rule` takes.
    pub(crate) fn acts(&self, rule: impl Fn(&Act) -> bool) -> Vec<Found> {
        self.acts_with(|_, act| rule(act))
    }

    /// As [`Self::acts`], with the statement of each.
    pub(crate) fn acts_with(&self, rule: impl Fn(&Statement<'_>, &Act) -> bool) -> Vec<Found> {
        let mut found = Vec::new();
        for (at, statement) in self.statements.iter().enumerate() {
            let old = statement.acts.iter().filter(|it| !is_on_new_table(&self.created, at, it));
            found.extend(
                old.filter(|act| rule(statement, act))
                    .map(|act| Found { line: Some(statement.first_line), object: act.object() }),
            );
        }
        found
    }

    /// As [`Self::acts`], and the risks that `risk` takes of objects for which there is no such act: a table that is
    /// built anew shows in no statement what changes.
    pub(crate) fn acts_or_risks(
        &self,
        act: impl Fn(&Act) -> bool,
        risk: impl Fn(&Risk) -> bool,
    ) -> Vec<Found> {
        let mut found = self.acts(act);
        let risks = self.risks(risk).into_iter();
        let others: Vec<_> =
            risks.filter(|risk| found.iter().all(|it| it.object != risk.object)).collect();
        found.extend(others);
        found
    }

    /// The risks that `rule` takes, at the line of the comment that tells of them.
    pub(crate) fn risks(&self, rule: impl Fn(&Risk) -> bool) -> Vec<Found> {
        let validated = |it: &Risk| matches!(it, Risk::NeedsValidRows { table, .. } if self.does(&Act::Validate { table: table.to_string() }));
        let risks = self.risks.iter().filter(|it| rule(it) && !validated(it));
        let found = risks.map(|risk| {
            let comment = format!("-- {risk}");
            let line = self.text.lines().position(|line| line == comment).map(|at| at + 1);
            Found { line, object: risk.object() }
        });
        found.collect()
    }

    /// What another linter found by this rule.
    pub(crate) fn others(&self, rule: &str) -> Vec<Found> {
        self.others_where(rule, |_| true)
    }

    /// As [`Self::others`], in the statements that `filter` takes.
    pub(crate) fn others_where(
        &self,
        rule: &str,
        filter: impl Fn(&Statement<'_>) -> bool,
    ) -> Vec<Found> {
        debug_assert!(squawk::RULES.contains(&rule), "{rule} is not looked for");
        let found = self.others.iter().filter(|it| it.rule == rule).filter_map(|it| {
            let line = self.text[..it.at].matches('\n').count() + 1;
            let statement = self.statements.iter().rfind(|statement| statement.at <= it.at)?;
            let object = statement.acts.first().map(Act::object).unwrap_or_default();
            filter(statement).then_some(Found { line: Some(line), object })
        });
        found.collect()
    }

    /// The name that a table has in the end.
    pub(crate) fn last_name<'s>(&'s self, table: &'s str) -> &'s str {
        let acts = self.statements.iter().flat_map(|it| &it.acts);
        acts.fold(table, |name, act| match act {
            Act::RenameTable { table, to } if table == name => to,
            _ => name,
        })
    }

    /// Whether a column is added by this script.
    pub(crate) fn adds(&self, table: &str, column: &str) -> bool {
        self.statements.iter().flat_map(|it| &it.acts).any(|act| {
            matches!(act, Act::AddColumn { table: its, column: name, .. } if its == table && name == column)
        })
    }

    /// Whether rows get a value of a column by this script.
    pub(crate) fn fills(&self, table: &str, column: &str) -> bool {
        self.does(&Act::Fill { table: table.to_owned(), column: column.to_owned() })
    }

    /// Whether another column takes the place of this one.
    pub(crate) fn replaces(&self, table: &str, column: &str) -> bool {
        let renamed = self.statements.iter().flat_map(|it| &it.acts).any(|act| {
            matches!(act, Act::RenameColumn { table: its, to, .. } if its == table && to == column)
        });
        renamed
            && self.does(&Act::DropColumn { table: table.to_owned(), column: column.to_owned() })
    }

    fn does(&self, act: &Act) -> bool {
        self.statements.iter().any(|it| it.acts.contains(act))
    }
}

/// Whether an act of the statement at this place is on a table that the script has created by then, or drops one whose
/// place a new one takes.
fn is_on_new_table(created: &BTreeMap<String, usize>, at: usize, act: &Act) -> bool {
    let created = act.table().and_then(|it| created.get(it));
    created.is_some_and(|created| *created <= at || matches!(act, Act::DropTable { .. }))
}

/// Whether all that the statement at this place does is on tables that the script has created by then.
fn is_on_new_tables(
    created: &BTreeMap<String, usize>,
    at: usize,
    statement: &Statement<'_>,
) -> bool {
    let acts = &statement.acts;
    !acts.is_empty() && acts.iter().all(|act| is_on_new_table(created, at, act))
}

/// The tables that a script creates, by all of their names, each with the place of the statement from which on it is
/// one. One that is built anew under another name and then takes the place of the old one is among them.
fn created(statements: &[Statement<'_>]) -> BTreeMap<String, usize> {
    let mut created = BTreeMap::new();
    for (at, statement) in statements.iter().enumerate() {
        for act in &statement.acts {
            match act {
                Act::CreateTable { table } => {
                    created.entry(table.clone()).or_insert(at);
                }
                Act::RenameTable { table, to } if created.contains_key(table) => {
                    created.entry(to.clone()).or_insert(at);
                }
                _ => {}
            }
        }
    }
    created
}

impl Act {
    /// The table that it is about.
    pub(crate) fn table(&self) -> Option<&str> {
        match self {
            Self::CreateTable { table }
            | Self::DropTable { table }
            | Self::RenameTable { table, .. }
            | Self::Empty { table }
            | Self::AddColumn { table, .. }
            | Self::DropColumn { table, .. }
            | Self::RenameColumn { table, .. }
            | Self::Retype { table, .. }
            | Self::Redefine { table, .. }
            | Self::ForbidNull { table, .. }
            | Self::Fill { table, .. }
            | Self::Validate { table }
            | Self::CreateIndex { table, .. }
            | Self::Constrain { table, .. }
            | Self::Refer { table } => Some(table),
            Self::DropNamespace { .. }
            | Self::Concurrently { .. }
            | Self::Transaction { .. }
            | Self::InPlace => None,
        }
    }

    /// What it is about: `table`, `table.column` or another name.
    pub(crate) fn object(&self) -> String {
        match self {
            Self::AddColumn { table, column, .. }
            | Self::DropColumn { table, column }
            | Self::RenameColumn { table, column, .. }
            | Self::Retype { table, column }
            | Self::Redefine { table, column, .. }
            | Self::ForbidNull { table, column }
            | Self::Fill { table, column } => format!("{table}.{column}"),
            Self::DropNamespace { name } | Self::Concurrently { name } => name.clone(),
            Self::Transaction { word } => word.clone(),
            _ => self.table().unwrap_or_default().to_owned(),
        }
    }
}

/// Counts lines, forward only.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl Lines<'_> {
    /// The line of a byte that is not before the last one.
    fn advance(&mut self, to: usize) -> usize {
        self.line += self.text[self.at..to].matches('\n').count();
        self.at = to;
        self.line
    }
}
