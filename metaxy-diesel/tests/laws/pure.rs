//! Laws that need no database.

use crate::{
    edit::{generated, indexes},
    pair::{Pair, pairs},
};
use metaxy_diesel::{
    Backend, Schema,
    change::{Change, CreateNamespace, DropNamespace, Risk},
    diff::diff,
    plan::plan,
    schema::{Column, DefaultValue, PrimaryKey, SqlType, Table, TableName},
    snapshot::{SNAPSHOT_FORMAT, Snapshot},
};
use proptest::prelude::*;

/// Two schemas, and a database that takes both.
fn pair() -> impl Strategy<Value = (Backend, Pair)> {
    backend().prop_flat_map(|backend| (Just(backend), pairs(backend)))
}

fn backend() -> impl Strategy<Value = Backend> {
    prop::sample::select(Backend::ALL.to_vec())
}

fn sql_type() -> impl Strategy<Value = SqlType> {
    let numeric = (1..40_u32, prop::option::of(0..9_i32));
    prop_oneof![
        prop::sample::select(vec![
            SqlType::SmallInt,
            SqlType::Integer,
            SqlType::BigInt,
            SqlType::Float,
            SqlType::Double,
            SqlType::Numeric { precision: None, scale: None },
            SqlType::Bool,
            SqlType::Text,
            SqlType::String,
            SqlType::Binary,
            SqlType::Date,
            SqlType::Time,
            SqlType::Timestamp,
            SqlType::Timestamptz,
            SqlType::UtcTimestamp,
            SqlType::FieldVersions,
            SqlType::Uuid,
            SqlType::Json,
            SqlType::Jsonb,
            SqlType::Array(Box::new(SqlType::Integer)),
            SqlType::Other("tsvector".to_owned()),
        ]),
        (1..300_u32).prop_map(SqlType::Varchar),
        numeric
            .prop_map(|(precision, scale)| SqlType::Numeric { precision: Some(precision), scale }),
    ]
}

/// What a schema is once a change was made, by the meaning of the change alone.
fn apply(schema: &mut Schema, change: &Change) {
    match change {
        Change::CreateTable(it) => {
            assert!(schema.tables.insert(it.table.name.clone(), it.table.clone()).is_none());
        }
        Change::DropTable(it) => assert!(schema.tables.remove(&it.table.name).is_some()),
        Change::RenameTable(it) => rename_table(schema, &it.from, &it.to),
        Change::RenameColumn(it) => rename_column(schema, &it.table, &it.from, &it.to),
        Change::AddColumn(it) => at(schema, &it.table).columns.push(it.column.clone()),
        Change::DropColumn(it) => {
            let table = at(schema, &it.table);
            let indexes = table.indexes.iter().flat_map(|it| it.columns());
            let uniques = table.uniques.iter().flat_map(|it| &it.columns).map(String::as_str);
            assert!(uniques.chain(indexes).all(|name| name != it.column.name));
            // By then it may be numbered no more.
            column_at(schema, &it.table, &it.column.name);
            at(schema, &it.table).columns.retain(|column| column.name != it.column.name);
        }
        Change::Distribute(it) => {
            at(schema, &it.table).distributed_by = it.to.as_ref().map(|it| it.column.clone());
        }
        Change::AddGenerated(it) => at(schema, &it.table).columns.push(it.column.clone()),
        Change::DropGenerated(it) => remove(&mut at(schema, &it.table).columns, &it.column),
        Change::StartGenerating(it) => {
            replace(&mut at(schema, &it.table).columns, &it.from, &it.to);
        }
        Change::StopGenerating(it) => {
            replace(&mut at(schema, &it.table).columns, &it.from, &it.to);
        }
        Change::AddIdentity(it) => {
            column_at(schema, &it.table, &it.column.name).identity = it.column.identity;
        }
        Change::DropIdentity(it) => {
            let identity = column_at(schema, &it.table, &it.column.name).identity.take();
            assert_eq!(identity, it.column.identity);
        }
        Change::ChangeIdentity(it) => {
            let identity = column_at(schema, &it.table, &it.column.name).identity.replace(it.to);
            assert_eq!(identity, Some(it.from));
        }
        Change::SetComment(it) => {
            let comment = match &it.column {
                None => &mut at(schema, &it.table).comment,
                Some(column) => &mut column_at(schema, &it.table, &column.name).comment,
            };
            assert_eq!(*comment, it.from);
            comment.clone_from(&it.to);
        }
        Change::AlterColumn(it) => replace(&mut at(schema, &it.table).columns, &it.from, &it.to),
        Change::AddPrimaryKey(it) => {
            let key = PrimaryKey { name: Some(it.name.clone()), columns: it.columns.clone() };
            assert_eq!(at(schema, &it.table).primary_key.replace(key), None);
        }
        Change::DropPrimaryKey(it) => {
            let key = at(schema, &it.table).primary_key.take();
            assert_eq!(key.map(|it| it.columns), Some(it.columns.clone()));
        }
        Change::AddUnique(it) => at(schema, &it.table).uniques.push(it.unique.clone()),
        Change::DropUnique(it) => remove(&mut at(schema, &it.table).uniques, &it.unique),
        Change::AddForeignKey(it) => {
            assert!(schema.tables.contains_key(&it.foreign_key.references));
            at(schema, &it.table).foreign_keys.push(it.foreign_key.clone());
        }
        Change::DropForeignKey(it) => {
            remove(&mut at(schema, &it.table).foreign_keys, &it.foreign_key);
        }
        Change::AlterForeignKey(it) => {
            replace(&mut at(schema, &it.table).foreign_keys, &it.from, &it.to);
        }
        Change::AddCheck(it) => at(schema, &it.table).checks.push(it.check.clone()),
        Change::DropCheck(it) => remove(&mut at(schema, &it.table).checks, &it.check),
        Change::CreateIndex(it) => at(schema, &it.table).indexes.push(it.index.clone()),
        Change::DropIndex(it) => remove(&mut at(schema, &it.table).indexes, &it.index),
        Change::RenameIndex(it) => replace(&mut at(schema, &it.table).indexes, &it.from, &it.to),
        Change::RenameConstraint(it) => {
            let table = at(schema, &it.table);
            let key = table.primary_key.iter_mut().filter_map(|it| it.name.as_mut());
            let names = key
                .chain(table.uniques.iter_mut().map(|it| &mut it.name))
                .chain(table.foreign_keys.iter_mut().map(|it| &mut it.name))
                .chain(table.checks.iter_mut().map(|it| &mut it.name));
            let mut named: Vec<_> = names.filter(|name| **name == it.from).collect();
            assert_eq!(named.len(), 1, "{it:?}");
            named[0].clone_from(&it.to);
        }
        Change::CreateEnum(it) => {
            assert_eq!(schema.enums.insert(it.of.name.clone(), it.of.clone()), None);
        }
        Change::DropEnum(it) => assert_eq!(schema.enums.remove(&it.of.name), Some(it.of.clone())),
        Change::AlterEnum(it) => {
            let before = schema.enums.insert(it.to.name.clone(), it.to.clone());
            assert_eq!(before.as_ref(), Some(&it.from));
            for user in &it.users {
                let column = column_at(schema, &user.table, &user.column.name);
                assert_eq!(column.default, user.column.default);
                column.default.clone_from(&user.default);
                column.sql_type.clone_from(&user.sql_type);
            }
        }
        Change::RenameEnum(it) => {
            let mut of = schema.enums.remove(&it.from).expect("the type is there");
            of.name = it.to.clone();
            assert_eq!(schema.enums.insert(it.to.clone(), of), None);
            for column in columns_of(schema, &it.from) {
                column.sql_type = SqlType::Enum(Box::new(it.to.clone()));
            }
        }
        Change::RenameEnumValue(it) => {
            let of = schema.enums.get_mut(&it.of).expect("the type is there");
            let value = of.values.iter_mut().find(|value| **value == it.from);
            value.expect("the value is there").clone_from(&it.to);
            for column in columns_of(schema, &it.of) {
                if let Some(DefaultValue::Text(text)) = &mut column.default
                    && *text == it.from
                {
                    text.clone_from(&it.to);
                }
            }
        }
        // It is where tables and types are: there before the first, and gone after the last.
        Change::CreateNamespace(CreateNamespace { name })
        | Change::DropNamespace(DropNamespace { name }) => {
            assert!(!schema.namespaces().contains(name), "{name}");
        }
    }
}

/// The columns of an enumerated type.
fn columns_of<'a>(schema: &'a mut Schema, of: &TableName) -> impl Iterator<Item = &'a mut Column> {
    let sql_type = SqlType::Enum(Box::new(of.clone()));
    let columns = schema.tables.values_mut().flat_map(|it| &mut it.columns);
    columns.filter(move |it| it.sql_type == sql_type)
}

fn column_at<'a>(schema: &'a mut Schema, table: &TableName, name: &str) -> &'a mut Column {
    let column = at(schema, table).columns.iter_mut().find(|it| it.name == name);
    column.expect("the column is there")
}

fn remove<T: PartialEq>(all: &mut Vec<T>, one: &T) {
    let before = all.len();
    all.retain(|it| it != one);
    assert_eq!(all.len() + 1, before, "one of them is what is removed");
}

fn replace<T: PartialEq + Clone>(all: &mut [T], one: &T, other: &T) {
    let found = all.iter_mut().find(|it| *it == one);
    *found.expect("what is replaced is there") = other.clone();
}

fn rename_table(schema: &mut Schema, from: &TableName, to: &TableName) {
    let mut table = schema.tables.remove(from).expect("the table is there");
    table.name = to.clone();
    assert!(schema.tables.insert(to.clone(), table).is_none());
    for key in schema.tables.values_mut().flat_map(|it| &mut it.foreign_keys) {
        if key.references == *from {
            key.references = to.clone();
        }
    }
}

fn rename_column(schema: &mut Schema, table: &TableName, from: &str, to: &str) {
    let rename = |name: &mut String| {
        if name == from {
            to.clone_into(name);
        }
    };
    let dialect = Backend::Postgres.dialect();
    let quoted = |name: &str| dialect.quote_identifier(name).expect("short");
    let own = at(schema, table);
    own.columns.iter_mut().map(|it| &mut it.name).for_each(rename);
    own.primary_key.iter_mut().flat_map(|it| &mut it.columns).for_each(rename);
    own.uniques.iter_mut().flat_map(|it| &mut it.columns).for_each(rename);
    own.uniques.iter_mut().flat_map(|it| &mut it.include).for_each(rename);
    own.indexes.iter_mut().for_each(|it| indexes::rename(it, dialect, from, to));
    own.columns.iter_mut().for_each(|it| generated::rename(it, dialect, from, to));
    for check in &mut own.checks {
        check.expression = check.expression.replace(&quoted(from), &quoted(to));
    }
    for other in schema.tables.values_mut() {
        let own = other.name == *table;
        for key in &mut other.foreign_keys {
            key.columns.iter_mut().filter(|_| own).for_each(rename);
            let target = key.references == *table;
            key.referenced_columns.iter_mut().filter(|_| target).for_each(rename);
        }
    }
}

fn at<'a>(schema: &'a mut Schema, table: &TableName) -> &'a mut Table {
    schema.tables.get_mut(table).expect("the table is there")
}

/// The schema without the order of columns, which is no difference.
fn sorted(mut schema: Schema) -> Schema {
    for table in schema.tables.values_mut() {
        table.columns.sort_by(|one, other| one.name.cmp(&other.name));
        table.uniques.sort_by(|one, other| one.name.cmp(&other.name));
        table.foreign_keys.sort_by(|one, other| one.name.cmp(&other.name));
        table.checks.sort_by(|one, other| one.name.cmp(&other.name));
        table.indexes.sort_by(|one, other| one.name.cmp(&other.name));
    }
    schema
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_schema_does_not_differ_from_itself((backend, pair) in pair()) {
        for schema in [&pair.a, &pair.b] {
            let difference = diff(schema, schema, backend.dialect()).expect("nothing is ambiguous");
            prop_assert_eq!(difference.changes, vec![]);
        }
    }

    #[test]
    fn changes_lead_there_and_back(pair in pairs(Backend::Postgres)) {
        let dialect = Backend::Postgres.dialect();
        let (before, after) = (dialect.normalise(&pair.a), dialect.normalise(&pair.b));
        let (before, after) = (sorted(before), sorted(after));
        let changes = diff(&pair.a, &pair.b, dialect).expect("nothing is ambiguous").changes;
        let mut schema = before.clone();
        for change in &changes {
            apply(&mut schema, change);
        }
        prop_assert_eq!(sorted(schema.clone()), after);
        for change in changes.iter().rev() {
            apply(&mut schema, &change.inverse());
            prop_assert_eq!(&change.inverse().inverse(), change);
        }
        prop_assert_eq!(sorted(schema), before);
    }

    #[test]
    fn snapshots_are_read_back((backend, pair) in pair()) {
        let (scope, migration) = ("features".to_owned(), "20261123001530".to_owned());
        let schema = pair.b;
        let (format, table_prefix) = (SNAPSHOT_FORMAT, String::new());
        let snapshot = Snapshot { format, backend, scope, migration, table_prefix, schema };
        let text = snapshot.to_json();
        let read = Snapshot::from_json(&text).expect("it is well-formed");
        prop_assert_eq!(read.to_json(), text);
        prop_assert_eq!(read, snapshot);
    }

    #[test]
    fn data_is_never_lost_unasked((backend, pair) in pair()) {
        let dialect = backend.dialect();
        let difference = diff(&pair.a, &pair.b, dialect).expect("nothing is ambiguous");
        let losses = difference.changes.iter().flat_map(|change| {
            let risks = change.risks().into_iter().filter(Risk::is_loss);
            match change {
                Change::DropTable(it) => vec![it.table.name.to_string()],
                Change::DropColumn(it) => vec![format!("{}.{}", it.table, it.column.name)],
                Change::StartGenerating(it) => vec![format!("{}.{}", it.table, it.to.name)],
                Change::AlterColumn(it) if it.from.sql_type == it.to.sql_type => Vec::new(),
                Change::AlterColumn(_) | Change::AlterEnum(_) => {
                    risks.map(|it| it.object()).collect()
                }
                _ => Vec::new(),
            }
        });
        let objects: Vec<String> = losses.collect();
        prop_assert_eq!(plan(&difference, dialect, &[]).is_err(), !objects.is_empty());
        prop_assert!(plan(&difference, dialect, &objects).is_ok());
    }

    #[test]
    fn types_are_read_back(sql_type in sql_type(), backend in backend()) {
        let dialect = backend.dialect();
        let stored = (dialect.stored_type)(&sql_type);
        prop_assert_eq!(&(dialect.stored_type)(&stored), &stored);
        if let Ok(name) = (dialect.type_name)(&sql_type) {
            prop_assert_eq!((dialect.parse_type)(&name), stored);
        }
    }

    #[test]
    fn identifiers_are_read_back(name in "\\PC{1,63}", backend in backend()) {
        let dialect = backend.dialect();
        let quote = dialect.identifier_quote;
        match dialect.quote_identifier(&name) {
            Err(_) => prop_assert!(dialect.max_identifier_bytes.is_some_and(|max| name.len() > max)),
            Ok(quoted) => {
                let inner = quoted.strip_prefix(quote).and_then(|it| it.strip_suffix(quote));
                let (inner, doubled) = (inner.expect("it is quoted"), format!("{quote}{quote}"));
                prop_assert!(!inner.replace(&doubled, "").contains(quote));
                prop_assert_eq!(inner.replace(&doubled, &quote.to_string()), name);
            }
        }
    }
}
