//! Laws that hold for any two schemas.

use metaxy_diesel::{
    Backend, Schema,
    change::{Change, Risk},
    diff::diff,
    plan::plan,
    schema::{Column, DefaultValue, Index, PrimaryKey, SqlType, Table, TableName},
    snapshot::{SNAPSHOT_FORMAT, Snapshot},
};
use proptest::prelude::*;

/// Those that take columns of any type in keys: the schemas have such.
fn backend() -> impl Strategy<Value = Backend> {
    let all = Backend::ALL.into_iter().filter(|it| it.dialect().key_limits.is_none());
    prop::sample::select(all.collect::<Vec<_>>())
}

fn any_backend() -> impl Strategy<Value = Backend> {
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

/// Types that every database has.
fn portable_type() -> impl Strategy<Value = SqlType> {
    prop::sample::select(vec![
        SqlType::Integer,
        SqlType::Text,
        SqlType::Bool,
        SqlType::FieldVersions,
    ])
}

prop_compose! {
    fn column(name: &'static str)(
        sql_type in portable_type(),
        nullable in any::<bool>(),
        default in prop::option::of(any::<i64>().prop_map(DefaultValue::Int)),
    ) -> Column {
        Column { nullable, default, ..Column::new(name, sql_type) }
    }
}

prop_compose! {
    fn table(name: &'static str)(
        id in column("id"),
        others in prop::sample::subsequence(vec!["a", "b", "c", "d"], 0..=4)
            .prop_flat_map(|names| names.into_iter().map(column).collect::<Vec<_>>())
            .prop_shuffle(),
        indexed in any::<prop::sample::Index>(),
        unique in any::<bool>(),
    ) -> Table {
        let id = Column { nullable: false, ..id };
        let columns = [vec![id], others].concat();
        let at = &columns[indexed.index(columns.len())].name;
        let index = Index::new(format!("{name}_{at}_idx"), vec![at.clone()], unique);
        let key = PrimaryKey { name: Some(format!("{name}_pkey")), columns: vec!["id".to_owned()] };
        Table {
            name: TableName::new(name),
            renamed_from: None,
            columns,
            primary_key: Some(key),
            uniques: vec![],
            foreign_keys: vec![],
            checks: vec![],
            indexes: vec![index],
            comment: None,
        }
    }
}

fn schema() -> impl Strategy<Value = Schema> {
    prop::sample::subsequence(vec!["t", "u", "v", "w"], 0..=4)
        .prop_flat_map(|names| names.into_iter().map(table).collect::<Vec<_>>())
        .prop_map(Schema::from_iter)
}

/// What a schema is once a change was made, by the meaning of the change alone.
fn apply(schema: &mut Schema, change: &Change) {
    match change {
        Change::CreateTable(it) => {
            assert!(schema.tables.insert(it.table.name.clone(), it.table.clone()).is_none());
        }
        Change::DropTable(it) => assert!(schema.tables.remove(&it.table.name).is_some()),
        Change::AddColumn(it) => at(schema, &it.table).columns.push(it.column.clone()),
        Change::DropColumn(it) => {
            let table = at(schema, &it.table);
            assert!(
                table
                    .indexes
                    .iter()
                    .all(|index| !index.columns().any(|name| name == it.column.name))
            );
            table.columns.retain(|column| *column != it.column);
        }
        Change::CreateIndex(it) => at(schema, &it.table).indexes.push(it.index.clone()),
        Change::DropIndex(it) => {
            at(schema, &it.table).indexes.retain(|index| *index != it.index);
        }
        Change::RenameIndex(it) => {
            let indexes = &mut at(schema, &it.table).indexes;
            indexes.retain(|index| *index != it.from);
            indexes.push(it.to.clone());
        }
        Change::AlterColumn(it) => {
            let columns = &mut at(schema, &it.table).columns;
            let column = columns.iter_mut().find(|column| **column == it.from);
            *column.expect("the column is there") = it.to.clone();
        }
        other => panic!("these schemas do not differ in {other:?}"),
    }
}

fn at<'a>(schema: &'a mut Schema, table: &TableName) -> &'a mut Table {
    schema.tables.get_mut(table).expect("the table is there")
}

/// The schema without the order of columns, which is no difference.
fn sorted(mut schema: Schema) -> Schema {
    for table in schema.tables.values_mut() {
        table.columns.sort_by(|one, other| one.name.cmp(&other.name));
        table.indexes.sort_by(|one, other| one.name.cmp(&other.name));
    }
    schema
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_schema_does_not_differ_from_itself(schema in schema(), backend in backend()) {
        let difference = diff(&schema, &schema, backend.dialect()).expect("nothing is ambiguous");
        prop_assert_eq!(difference.changes, vec![]);
    }

    #[test]
    fn changes_lead_there_and_back(a in schema(), b in schema(), backend in backend()) {
        let dialect = backend.dialect();
        let (before, after) = (sorted(dialect.normalise(&a)), sorted(dialect.normalise(&b)));
        let changes = diff(&a, &b, dialect).expect("nothing is ambiguous").changes;
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
    fn snapshots_are_read_back(schema in schema(), backend in any_backend()) {
        let (scope, migration) = ("features".to_owned(), "20261123001530".to_owned());
        let (format, table_prefix) = (SNAPSHOT_FORMAT, String::new());
        let snapshot = Snapshot { format, backend, scope, migration, table_prefix, schema };
        let text = snapshot.to_json();
        let read = Snapshot::from_json(&text).expect("it is well-formed");
        prop_assert_eq!(read.to_json(), text);
        prop_assert_eq!(read, snapshot);
    }

    #[test]
    fn data_is_never_lost_unasked(a in schema(), b in schema(), backend in backend()) {
        let dialect = backend.dialect();
        let difference = diff(&a, &b, dialect).expect("nothing is ambiguous");
        let losses = difference.changes.iter().filter_map(|change| match change {
            Change::DropTable(it) => Some(it.table.name.to_string()),
            Change::DropColumn(it) => Some(format!("{}.{}", it.table, it.column.name)),
            Change::AlterColumn(it) if it.from.sql_type != it.to.sql_type => {
                change.risks().into_iter().find(Risk::is_loss).map(|it| it.object())
            }
            _ => None,
        });
        let objects: Vec<String> = losses.collect();
        prop_assert_eq!(plan(&difference, dialect, &[]).is_err(), !objects.is_empty());
        prop_assert!(plan(&difference, dialect, &objects).is_ok());
    }

    #[test]
    fn types_are_read_back(sql_type in sql_type(), backend in any_backend()) {
        let dialect = backend.dialect();
        let stored = (dialect.stored_type)(&sql_type);
        prop_assert_eq!(&(dialect.stored_type)(&stored), &stored);
        if let Ok(name) = (dialect.type_name)(&sql_type) {
            prop_assert_eq!((dialect.parse_type)(&name), stored);
        }
    }

    #[test]
    fn identifiers_are_read_back(name in "\\PC{1,63}", backend in any_backend()) {
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
