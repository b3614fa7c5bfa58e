use super::{Change, Kind};
use crate::{
    ddl::{About, Rendered},
    dialect::{Dialect, Distribution},
    diff::Comparison,
    schema::{Table, TableName},
};

/// The rows of a table are spread over the nodes of a cluster by another column, for the first time, or no longer.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribute {
    /// The table.
    pub table: TableName,
    /// What they were spread by; `None`: they were all in one place.
    pub from: Option<Spread>,
    /// What they are to be spread by; `None`: they are to be in one place.
    pub to: Option<Spread>,
    /// Whether the table comes or goes with the change: then its rows are never gathered.
    pub with_table: bool,
}

/// What the rows of a table are spread by.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// The column.
    pub column: String,
    /// A table whose rows of the same value are to be on the same node; `None`: this is the first one of its kind.
    pub beside: Option<TableName>,
}

impl Distribute {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let kept = comparison.kept.iter().map(|it| (Some(it.current), Some(it.desired)));
        let created = comparison.created.tables.iter().map(|it| (None, Some(it)));
        let dropped = comparison.dropped.tables.iter().map(|it| (Some(it), None));
        let all: Vec<_> = kept.chain(created).chain(dropped).collect();
        let column = |it: Option<&Table>| it.and_then(|it| it.distributed_by.clone());
        let (stay, moves): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|(from, to)| column(*from) == column(*to));
        let stay = || stay.iter().filter_map(|(_, it)| *it);
        // On the way back the last one is the first.
        let before: Vec<_> = stay().chain(moves.iter().rev().filter_map(|it| it.0)).collect();
        let after: Vec<_> = stay().chain(moves.iter().filter_map(|it| it.1)).collect();
        let changes = moves.iter().filter_map(|(from, to)| {
            Some(Self {
                table: to.or(*from)?.name.clone(),
                from: from.and_then(|it| spread(it, &before)),
                to: to.and_then(|it| spread(it, &after)),
                with_table: from.is_none() || to.is_none(),
            })
        });
        changes.collect()
    }
}

/// What a table is spread by, and beside the first of its kind.
fn spread(table: &Table, all: &[&Table]) -> Option<Spread> {
    let column = table.distributed_by.clone()?;
    let first = all.iter().find(|it| it.is_beside(table));
    let beside = first.map(|it| it.name.clone()).filter(|it| *it != table.name);
    Some(Spread { column, beside })
}

impl Kind for Distribute {
    fn inverse(&self) -> Change {
        let Self { table, from, to, with_table } = self.clone();
        Change::Distribute(Self { table, from: to, to: from, with_table })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        // Where there are no clusters, the difference was refused.
        let Some(Distribution { spread, change, gather }) = &dialect.distribution else {
            return Ok(Vec::new());
        };
        let text = |table: &TableName| {
            Ok(dialect.quote_text(&dialect.quote_table(table).about(table)?))
        };
        let table = text(&self.table)?;
        let Some(Spread { column, beside }) = &self.to else {
            return Ok(Vec::from_iter((!self.with_table).then(|| gather(&table))));
        };
        let beside = beside.as_ref().map(text).transpose()?;
        let write = if self.from.is_some() { change } else { spread };
        Ok(vec![write(&table, &dialect.quote_text(column), beside.as_deref())])
    }

    fn reason(&self) -> String {
        let table = &self.table;
        match (&self.from, &self.to) {
            (Some(from), Some(to)) => {
                format!("distribute `{table}` by `{}` in place of `{}`", to.column, from.column)
            }
            (None, Some(to)) => format!("distribute `{table}` by `{}`", to.column),
            (Some(from), None) => format!("distribute `{table}` by `{}` no longer", from.column),
            (None, None) => format!("leave `{table}` in one place"),
        }
    }
}
