use super::{names, table, table_with};
use crate::{dice::Dice, settle::is_ordered};
use metaxy_diesel::{
    Dialect, Schema,
    naming::{Named, name},
    schema::{Column, Index, IndexKey, KeyPart, Nulls, SqlType, Table},
    support::{IndexSupport, Methods, Support},
};

pub fn create(schema: &mut Schema, dice: &mut Dice<'_>) {
    let Some(table) = table(schema, dice) else { return };
    let columns = dice.some(&names(&table.columns), 2);
    let parts: Vec<_> = columns.iter().map(String::as_str).collect();
    let name = name(Named::Index, &table.name.name, &parts, None);
    table.indexes.push(Index::new(name, columns, dice.once_in(3)));
}

pub fn drop(schema: &mut Schema, dice: &mut Dice<'_>) {
    let Some(table) = table_with(schema, dice, |it| !it.indexes.is_empty()) else { return };
    if !table.indexes.is_empty() {
        table.indexes.remove(dice.below(table.indexes.len()));
    }
}

/// Another name, other columns, or the values once only.
pub fn change(schema: &mut Schema, dice: &mut Dice<'_>) {
    let Some(table) = table_with(schema, dice, |it| !it.indexes.is_empty()) else { return };
    let at = dice.below(table.indexes.len());
    let Some(index) = table.indexes.get_mut(at) else { return };
    match dice.below(3) {
        0 => index.name.push_str(" 'i'"),
        1 => {
            index.keys = dice.some(&names(&table.columns), 2).into_iter().map(Into::into).collect()
        }
        _ => index.unique = !index.unique,
    }
}

/// What an index can have besides columns.
struct Facet {
    has: fn(&IndexSupport) -> bool,
    /// Gives it to an index or takes it away. The column is one of the table.
    turn: fn(&mut Index, &mut Dice<'_>, &Column),
}

const FACETS: &[Facet] = &[
    Facet { has: |_| true, turn: |index, dice, _| key(index, dice).descending ^= true },
    Facet {
        has: |it| it.partial == Support::Yes,
        turn: |index, dice, column| {
            let [condition, _] = sql(dice.dialect, column);
            index.predicate = index.predicate.is_none().then_some(condition);
        },
    },
    Facet {
        has: |it| it.expressions == Support::Yes,
        turn: |index, dice, column| {
            let [_, expression] = sql(dice.dialect, column);
            *key(index, dice) = KeyPart::Expression(expression).into();
        },
    },
    Facet {
        has: |it| it.include == Support::Yes,
        turn: |index, _, column| match index.include.is_empty() {
            true => index.include = vec![column.name.clone()],
            false => index.include.clear(),
        },
    },
    Facet {
        has: |it| it.nulls == Support::Yes,
        turn: |index, dice, _| {
            key(index, dice).nulls =
                dice.one(&[Some(Nulls::First), Some(Nulls::Last), None]).flatten();
        },
    },
    Facet {
        has: |it| it.prefixes == Support::Yes,
        turn: |index, dice, _| {
            let key = key(index, dice);
            key.prefix = key.prefix.is_none().then_some(5);
        },
    },
    Facet {
        has: |it| it.collations == Support::Yes,
        turn: |index, dice, _| {
            let collation = dice.forms.collation.to_owned();
            let key = key(index, dice);
            key.collation = key.collation.is_none().then_some(collation);
        },
    },
    Facet {
        has: |it| it.operator_classes == Support::Yes,
        turn: |index, dice, _| {
            let key = key(index, dice);
            key.operator_class =
                key.operator_class.is_none().then(|| "text_pattern_ops".to_owned());
        },
    },
    Facet {
        has: |it| it.nulls_not_distinct == Support::Yes,
        turn: |index, _, _| index.nulls_not_distinct ^= true,
    },
    Facet {
        has: |it| it.methods == Methods::Using,
        turn: |index, dice, column| {
            let hash = || Some("hash".to_owned());
            index.method = if index.method.is_none() { hash() } else { None };
            index.keys.truncate(1);
            if dice.once_in(2) {
                index.keys = vec![column.name.as_str().into()];
            }
        },
    },
];

/// One more facet, or one less.
pub fn vary(schema: &mut Schema, dice: &mut Dice<'_>) {
    let support = &dice.dialect.indexes;
    let facets: Vec<&Facet> = FACETS.iter().filter(|it| (it.has)(support)).collect();
    let Some(table) = table_with(schema, dice, |it| !it.indexes.is_empty()) else { return };
    let Some(column) = dice.one(&table.columns) else { return };
    let at = dice.below(table.indexes.len());
    let Some(index) = table.indexes.get_mut(at) else { return };
    (facets[dice.below(facets.len())].turn)(index, dice, &column);
}

fn key<'a>(index: &'a mut Index, dice: &mut Dice<'_>) -> &'a mut IndexKey {
    let at = dice.below(index.keys.len());
    &mut index.keys[at]
}

/// Takes from an index what its columns do not take, or its method; false: the table has no columns for it.
pub fn settle(index: &mut Index, table: &Table, dialect: &Dialect) -> bool {
    let of = |name: &str| table.columns.iter().find(|it| it.name == name);
    let is_text =
        |it: &Column| matches!(it.sql_type, SqlType::Text | SqlType::String | SqlType::Varchar(_));
    for key in &mut index.keys {
        if !key.column().and_then(of).is_some_and(is_text) {
            (key.prefix, key.collation, key.operator_class) = (None, None, None);
        }
    }
    index.nulls_not_distinct &= index.unique;
    let keys: Vec<String> =
        index.keys.iter().filter_map(IndexKey::column).map(str::to_owned).collect();
    index.include.retain(|it| of(it).is_some() && !keys.contains(it));
    let plain = |key: &IndexKey| *key == IndexKey::from(key.part.clone());
    let hashed = index.keys.iter().all(plain) && index.keys.len() == 1;
    index.method.take_if(|_| !hashed || index.unique || !index.include.is_empty());
    let ordered = table.columns.iter().filter(|it| is_ordered(&it.sql_type));
    let known: Vec<String> = ordered.flat_map(|it| sql(dialect, it)).collect();
    let expressions = index.keys.iter().filter_map(|key| match &key.part {
        KeyPart::Expression(expression) => Some(expression),
        KeyPart::Column(_) => None,
    });
    expressions.chain(&index.predicate).all(|it| known.contains(it))
}

/// The index once a column has another name.
pub fn rename(index: &mut Index, dialect: &Dialect, old: &str, new: &str) {
    let quoted = |name: &str| dialect.quote_identifier(name).expect("the names are short");
    let in_expression = |sql: &mut String| *sql = sql.replace(&quoted(old), &quoted(new));
    for key in &mut index.keys {
        match &mut key.part {
            KeyPart::Column(name) if name == old => new.clone_into(name),
            KeyPart::Column(_) => {}
            KeyPart::Expression(sql) => in_expression(sql),
        }
    }
    index.include.iter_mut().filter(|it| *it == old).for_each(|it| new.clone_into(it));
    index.predicate.iter_mut().for_each(in_expression);
}

/// A condition that all rows may meet, and an expression that is the column itself.
fn sql(dialect: &Dialect, column: &Column) -> [String; 2] {
    let name = dialect.quote_identifier(&column.name).expect("the names are short");
    [format!("{name} IS NOT NULL"), format!("coalesce({name}, {name})")]
}
