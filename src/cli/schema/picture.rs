//! Schemas as pictures: a card for each table, a row for each column, an edge from each foreign key to what it refers to.

use metaxy_core::definition::SYSTEM_COLUMNS;
use metaxy_diesel::{
    Schema,
    dialect::Dialect,
    schema::{Column, Table, TableName},
};
use metaxy_picture::{Card, Edge, Picture, Row, Tone};
use std::collections::{BTreeSet, HashMap};

/// What is drawn of a schema.
#[derive(Debug, Clone, Copy)]
pub struct Shown {
    /// Whether the columns that metaxy adds to tables of features are among it.
    pub system_columns: bool,
}

/// The picture of a schema.
pub fn of(schema: &Schema, dialect: &Dialect, shown: Shown, title: &str) -> Picture {
    let mut picture = Picture::new(title);
    for table in schema.tables.values() {
        add(&mut picture, table, dialect, shown);
    }
    join(&mut picture, schema);
    picture
}

/// The picture of what makes one schema another: what is new, gone or changed stands out.
pub fn of_difference(
    before: &Schema,
    after: &Schema,
    dialect: &Dialect,
    shown: Shown,
    title: &str,
) -> Picture {
    let mut picture = of(after, dialect, shown, title);
    for (table, card) in after.tables.values().zip(0..) {
        match before.tables.get(&former(table, before)) {
            None => picture.cards[card].tone = Tone::Added,
            Some(old) => paint(&mut picture.cards[card], old, table, dialect, shown),
        }
    }
    let kept: BTreeSet<TableName> = after.tables.values().map(|it| former(it, before)).collect();
    for table in before.tables.values().filter(|it| !kept.contains(&it.name)) {
        let card = add(&mut picture, table, dialect, shown);
        picture.cards[card].tone = Tone::Removed;
    }
    for edge in &mut picture.edges {
        let tone = |card: usize| picture.cards[card].tone;
        edge.tone = match (tone(edge.from.card), tone(edge.to.card)) {
            (Tone::Added, _) => Tone::Added,
            (Tone::Faint, Tone::Faint) => Tone::Faint,
            _ => Tone::Plain,
        };
    }
    picture
}

/// The name that a table had before.
fn former(table: &Table, before: &Schema) -> TableName {
    let renamed = table.renamed_from.as_ref().filter(|it| before.tables.contains_key(*it));
    match renamed {
        Some(old) if !before.tables.contains_key(&table.name) => old.clone(),
        _ => table.name.clone(),
    }
}

fn add(picture: &mut Picture, table: &Table, dialect: &Dialect, shown: Shown) -> usize {
    let group = picture.group(table.name.schema.as_deref().unwrap_or("default"));
    let columns: Vec<_> = table.columns.iter().filter(|it| shown.has(it)).collect();
    let hidden = table.columns.len() - columns.len();
    let note = match hidden {
        0 => String::new(),
        hidden => format!("and {hidden} of metaxy's columns"),
    };
    let rows = columns.into_iter().map(|it| Row::new(&it.name, detail(table, it, dialect)));
    picture.card(Card {
        note,
        description: table.comment.clone().unwrap_or_default(),
        rows: rows.collect(),
        ..Card::new(table.name.to_string(), group)
    })
}

/// The type of a column, and what else is short to say: `TEXT pk`.
fn detail(table: &Table, column: &Column, dialect: &Dialect) -> String {
    let mut words = (dialect.type_name)(&column.sql_type).unwrap_or_else(|_| "?".to_owned());
    if column.generated.is_some() {
        words.push_str(" computed");
    }
    let is_of = |columns: &[String]| columns.contains(&column.name);
    if table.primary_key.as_ref().is_some_and(|it| is_of(&it.columns)) {
        words.push_str(" pk");
    } else if column.nullable {
        words.push_str(" null");
    }
    if table.foreign_keys.iter().any(|it| is_of(&it.columns)) {
        words.push_str(" fk");
    }
    words
}

fn join(picture: &mut Picture, schema: &Schema) {
    let mut places = HashMap::new();
    for (table, card) in schema.tables.values().zip(0..) {
        for (row, it) in picture.cards[card].rows.iter().enumerate() {
            places.insert((&table.name, it.label.clone()), (card, row));
        }
    }
    for table in schema.tables.values() {
        for key in &table.foreign_keys {
            for (here, there) in key.columns.iter().zip(&key.referenced_columns) {
                let from = places.get(&(&table.name, here.clone()));
                let to = places.get(&(&key.references, there.clone()));
                if let (Some(&from), Some(&to)) = (from, to) {
                    picture.edges.push(Edge::new(from, to));
                }
            }
        }
    }
}

/// Marks what differs in a table that is there before and after.
fn paint(card: &mut Card, old: &Table, new: &Table, dialect: &Dialect, shown: Shown) {
    let mut kept = BTreeSet::new();
    let columns: HashMap<&str, &Column> =
        new.columns.iter().map(|it| (it.name.as_str(), it)).collect();
    for row in &mut card.rows {
        let column = columns[row.label.as_str()];
        let former = column
            .renamed_from
            .as_deref()
            .filter(|_| !old.columns.iter().any(|it| it.name == column.name));
        let former = old.columns.iter().find(|it| it.name == former.unwrap_or(&column.name));
        let Some(former) = former else {
            row.tone = Tone::Added;
            continue;
        };
        kept.insert(former.name.clone());
        let (was, is) = (detail(old, former, dialect), row.detail.clone());
        if former.name != column.name {
            row.label = format!("{} → {}", former.name, column.name);
            row.tone = Tone::Changed;
        }
        if was != is {
            row.detail = format!("{was} → {is}");
        }
        let same = Column { renamed_from: None, ..former.clone() }
            == Column { renamed_from: None, ..column.clone() };
        if was != is || !same {
            row.tone = Tone::Changed;
        }
    }
    let gone = old.columns.iter().filter(|it| shown.has(it) && !kept.contains(&it.name));
    card.rows.extend(gone.map(|it| {
        let row = Row::new(&it.name, detail(old, it, dialect));
        Row { tone: Tone::Removed, ..row }
    }));
    if old.name != new.name {
        card.title = format!("{} → {}", old.name, new.name);
    }
    let plain = |table: &Table| Table { renamed_from: None, columns: Vec::new(), ..table.clone() };
    let touched = card.rows.iter().any(|row| row.tone != Tone::Plain) || plain(old) != plain(new);
    card.tone = if touched { Tone::Changed } else { Tone::Faint };
}

impl Shown {
    fn has(self, column: &Column) -> bool {
        self.system_columns || !SYSTEM_COLUMNS.contains(&column.name.as_str())
    }
}
