//! [`Script`]: a script of a migration, as lints see it.

use super::{
    Found,
    act::{Act, acts},
    squawk,
};
use crate::{apply::Direction, change::Risk, dialect::Dialect, schema::Schema};
use std::collections::{BTreeMap, BTreeSet};

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
    /// The acts on tables that were there before.
    old: Vec<Place>,
    /// The acts on each table.
    on_table: BTreeMap<String, Vec<Place>>,
    /// The name in the end of each table that is renamed.
    renamed: BTreeMap<String, String>,
}

/// Where an act is: the place of its statement, and its own in there.
type Place = (usize, usize);

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
        let old = on_old_tables(&statements);
        let others = match old.is_empty() && statements.iter().all(|it| !it.acts.is_empty()) {
            // Nobody waits for tables that are not there yet, which is all that this linter is asked for.
            true => Vec::new(),
            false => squawk::lint(dialect, text, transaction),
        };
        Self {
            on_table: on_table(&statements),
            renamed: renamed(&statements),
            dialect,
            direction,
            text,
            transaction,
            statements,
            generated: false,
            risks: &[],
            schema: None,
            others,
            old,
        }
    }

    /// The acts on tables that were there before, those that `rule` takes.
    pub(crate) fn acts(&self, rule: impl Fn(&Act) -> bool) -> Vec<Found> {
        self.acts_with(|_, act| rule(act))
    }

    /// As [`Self::acts`], with the statement of each.
    pub(crate) fn acts_with(&self, rule: impl Fn(&Statement<'_>, &Act) -> bool) -> Vec<Found> {
        let old = self.old.iter().map(|(statement, act)| {
            let statement = &self.statements[*statement];
            (statement, &statement.acts[*act])
        });
        let found = old.filter(|(statement, act)| rule(statement, act));
        found.map(|(it, act)| Found { line: Some(it.first_line), object: act.object() }).collect()
    }

    /// As [`Self::acts`], and the risks that `risk` takes of objects for which there is no such act: a table that is
    /// built anew shows in no statement what changes.
    pub(crate) fn acts_or_risks(
        &self,
        act: impl Fn(&Act) -> bool,
        risk: impl Fn(&Risk) -> bool,
    ) -> Vec<Found> {
        let mut found = self.acts(act);
        let objects: BTreeSet<_> = found.iter().map(|it| it.object.clone()).collect();
        found.extend(self.risks(risk).into_iter().filter(|it| !objects.contains(&it.object)));
        found
    }

    /// The risks that `rule` takes, at the line of the comment that tells of them.
    pub(crate) fn risks(&self, rule: impl Fn(&Risk) -> bool) -> Vec<Found> {
        let mut comments = BTreeMap::new();
        if !self.risks.is_empty() {
            for (at, line) in self.text.lines().enumerate() {
                if let Some(comment) = line.strip_prefix("-- ") {
                    comments.entry(comment).or_insert(at + 1);
                }
            }
        }
        let validated = |it: &Risk| match it {
            Risk::NeedsValidRows { table, .. } => {
                self.acts_on(&table.to_string()).any(|it| matches!(it, Act::Validate { .. }))
            }
            _ => false,
        };
        let risks = self.risks.iter().filter(|it| rule(it) && !validated(it));
        let found = risks.map(|risk| {
            let line = comments.get(risk.to_string().as_str()).copied();
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
            let after = self.statements.partition_point(|statement| statement.at <= it.at);
            let statement = &self.statements[after.checked_sub(1)?];
            let before = &self.text[statement.at..it.at];
            let line = statement.first_line + before.matches('\n').count();
            let object = statement.acts.first().map(Act::object).unwrap_or_default();
            filter(statement).then_some(Found { line: Some(line), object })
        });
        found.collect()
    }

    /// All acts on a table.
    pub(crate) fn acts_on(&self, table: &str) -> impl Iterator<Item = &Act> {
        let places = self.on_table.get(table).into_iter().flatten();
        places.map(|(statement, act)| &self.statements[*statement].acts[*act])
    }

    /// The name that a table has in the end.
    pub(crate) fn last_name<'s>(&'s self, table: &'s str) -> &'s str {
        self.renamed.get(table).map_or(table, String::as_str)
    }

    /// Whether a column is added by this script.
    pub(crate) fn adds(&self, table: &str, column: &str) -> bool {
        self.acts_on(table)
            .any(|act| matches!(act, Act::AddColumn { column: name, .. } if name == column))
    }

    /// Whether rows get a value of a column by this script.
    pub(crate) fn fills(&self, table: &str, column: &str) -> bool {
        self.acts_on(table)
            .any(|act| matches!(act, Act::Fill { column: name, .. } if name == column))
    }

    /// Whether another column takes the place of this one.
    pub(crate) fn replaces(&self, table: &str, column: &str) -> bool {
        let renamed = |act: &Act| matches!(act, Act::RenameColumn { to, .. } if to == column);
        let dropped = |act: &Act| matches!(act, Act::DropColumn { column: it, .. } if it == column);
        self.acts_on(table).any(renamed) && self.acts_on(table).any(dropped)
    }
}

/// All acts but those on a table that the script has created by then, and those that drop one whose place a new one takes.
fn on_old_tables(statements: &[Statement<'_>]) -> Vec<Place> {
    let created = created(statements);
    let is_new = |at: usize, act: &Act| {
        let created = act.table().and_then(|it| created.get(it));
        created.is_some_and(|created| *created <= at || matches!(act, Act::DropTable { .. }))
    };
    places(statements).filter(|((at, _), act)| !is_new(*at, act)).map(|(place, _)| place).collect()
}

fn places<'s>(statements: &'s [Statement<'_>]) -> impl Iterator<Item = (Place, &'s Act)> {
    statements.iter().enumerate().flat_map(|(at, statement)| {
        statement.acts.iter().enumerate().map(move |(place, act)| ((at, place), act))
    })
}

/// The tables that a script creates, by all of their names, each with the place of the statement from which on it is
/// one. One that is built anew under another name and then takes the place of the old one is among them.
fn created(statements: &[Statement<'_>]) -> BTreeMap<String, usize> {
    let mut created = BTreeMap::new();
    for ((at, _), act) in places(statements) {
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
    created
}

fn on_table(statements: &[Statement<'_>]) -> BTreeMap<String, Vec<Place>> {
    let mut on_table: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (place, act) in places(statements) {
        if let Some(table) = act.table() {
            on_table.entry(table.to_owned()).or_default().push(place);
        }
    }
    on_table
}

/// Each former name with the last one, found from the end: what a new name becomes later is known by then.
fn renamed(statements: &[Statement<'_>]) -> BTreeMap<String, String> {
    let mut renamed = BTreeMap::new();
    for act in statements.iter().rev().flat_map(|it| it.acts.iter().rev()) {
        if let Act::RenameTable { table, to } = act {
            let last = renamed.get(to).unwrap_or(to).clone();
            renamed.insert(table.clone(), last);
        }
    }
    renamed
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
