//! The DSL, on tables with a relation.

use std::sync::{Arc, Mutex};

use diesel::connection::{CacheSize, DefaultLoadingMode, InstrumentationEvent};
use diesel::dsl::{count_star, exists, max, not};
use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_duckdb::{DuckDb, DuckDbConnection};

use crate::database;

diesel::table! {
    users (id) {
        id -> Integer,
        name -> Text,
        age -> Nullable<Integer>,
    }
}

diesel::table! {
    posts (id) {
        id -> Integer,
        user_id -> Integer,
        title -> Text,
    }
}

diesel::joinable!(posts -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(users, posts);

#[derive(
    Debug,
    Clone,
    PartialEq,
    Queryable,
    Selectable,
    Insertable,
    Identifiable,
    AsChangeset,
    QueryableByName,
)]
#[diesel(table_name = users, check_for_backend(DuckDb))]
struct User {
    id: i32,
    name: String,
    age: Option<i32>,
}

#[derive(Debug, PartialEq, Queryable, Selectable, Identifiable, Associations)]
#[diesel(table_name = posts, belongs_to(User), check_for_backend(DuckDb))]
struct Post {
    id: i32,
    user_id: i32,
    title: String,
}

fn user(id: i32, name: &str, age: Option<i32>) -> User {
    User { id, name: name.to_owned(), age }
}

fn connect() -> DuckDbConnection {
    let mut connection = database(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL, age INTEGER DEFAULT 7);
         CREATE TABLE posts (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, title VARCHAR NOT NULL DEFAULT 'untitled')",
    );
    let people = [user(1, "Ada", Some(36)), user(2, "Bob", Some(40)), user(3, "Cid", Some(7))];
    assert_eq!(diesel::insert_into(users::table).values(&people).execute(&mut connection), Ok(3));
    let titles = [(1, 1, "a"), (2, 1, "b"), (3, 2, "c")].map(|(id, user, title)| {
        (posts::id.eq(id), posts::user_id.eq(user), posts::title.eq(title))
    });
    assert_eq!(diesel::insert_into(posts::table).values(&titles).execute(&mut connection), Ok(3));
    connection
}

#[test]
fn rows_are_selected_and_filtered() {
    let c = &mut connect();
    let names = |c: &mut _, query: users::BoxedQuery<'_, DuckDb>| -> Vec<String> {
        query.select(users::name).order(users::id).load(c).expect("the query is right")
    };
    let mut check = |query: users::BoxedQuery<'_, DuckDb>, expected: &[&str]| {
        assert_eq!(names(c, query), expected)
    };
    let all = || users::table.into_boxed();
    check(all(), &["Ada", "Bob", "Cid"]);
    check(all().filter(users::age.gt(10).and(users::name.like("%d%"))), &["Ada"]);
    check(all().filter(users::name.eq_any(["Bob", "Cid"])), &["Bob", "Cid"]);
    check(all().filter(users::name.ne_all(["Bob", "Cid"])), &["Ada"]);
    check(all().filter(users::age.is_null()), &[]);
    check(all().filter(users::age.between(36, 40)), &["Ada", "Bob"]);
    check(all().limit(1).offset(1), &["Bob"]);
    check(all().offset(2), &["Cid"]);
    check(all().limit(2), &["Ada", "Bob"]);
    check(all().filter(exists(posts::table.filter(posts::user_id.eq(users::id)))), &["Ada", "Bob"]);
    check(all().filter(not(users::id.eq_any(posts::table.select(posts::user_id)))), &["Cid"]);
    check(all().filter(users::name.concat("!").eq("Ada!")), &["Ada"]);
}

#[test]
fn tables_are_joined_and_grouped() {
    let c = &mut connect();
    let joined: Vec<(String, String)> = users::table
        .inner_join(posts::table)
        .select((users::name, posts::title))
        .order(posts::id)
        .load(c)
        .unwrap();
    assert_eq!(
        joined,
        [("Ada", "a"), ("Ada", "b"), ("Bob", "c")].map(|(a, b)| (a.to_owned(), b.to_owned()))
    );
    let left: Vec<(i32, Option<String>)> = users::table
        .left_join(posts::table)
        .select((users::id, posts::title.nullable()))
        .order((users::id, posts::id))
        .load(c)
        .unwrap();
    assert_eq!(left.last(), Some(&(3, None)));
    let counts: Vec<(String, i64, Option<String>)> = users::table
        .inner_join(posts::table)
        .group_by(users::name)
        .select((users::name, count_star(), max(posts::title)))
        .having(count_star().gt(1))
        .load(c)
        .unwrap();
    assert_eq!(counts, [("Ada".to_owned(), 2, Some("b".to_owned()))]);
    let others = diesel::alias!(users as others);
    let pairs: i64 = users::table
        .inner_join(others.on(others.field(users::id).gt(users::id)))
        .count()
        .get_result(c)
        .unwrap();
    assert_eq!(pairs, 3);
}

#[test]
fn associations_load() {
    let c = &mut connect();
    let people: Vec<User> =
        users::table.select(User::as_select()).order(users::id).load(c).unwrap();
    let grouped =
        Post::belonging_to(&people).select(Post::as_select()).order(posts::id).load(c).unwrap();
    let counts: Vec<_> = grouped.grouped_by(&people).iter().map(Vec::len).collect();
    assert_eq!(counts, [2, 1, 0]);
}

#[test]
fn rows_are_changed_and_returned() {
    let c = &mut connect();
    let inserted: Vec<User> = diesel::insert_into(users::table)
        .values(vec![user(4, "Dan", None), user(5, "Eve", Some(5))])
        .returning(User::as_returning())
        .get_results(c)
        .unwrap();
    assert_eq!(inserted, [user(4, "Dan", Some(7)), user(5, "Eve", Some(5))], "None is the default");
    let updated =
        diesel::update(users::table.find(4)).set(users::age.eq(None::<i32>)).get_result(c);
    assert_eq!(updated, Ok(user(4, "Dan", None)));
    assert_eq!(diesel::update(users::table).set(users::age.eq(users::age + 1)).execute(c), Ok(5));
    let saved = user(5, "Eva", Some(6));
    assert_eq!(diesel::update(&saved).set(&saved).execute(c), Ok(1));
    let deleted = diesel::delete(users::table.filter(users::id.gt(3)))
        .returning(users::name)
        .get_results::<String>(c);
    assert_eq!(
        deleted.map(|mut names| {
            names.sort();
            names
        }),
        Ok(vec!["Dan".to_owned(), "Eva".to_owned()])
    );
    let default = diesel::insert_into(posts::table)
        .values((posts::id.eq(9), posts::user_id.eq(1)))
        .returning(posts::title)
        .get_result::<String>(c);
    assert_eq!(default.as_deref(), Ok("untitled"));
}

#[test]
fn conflicts_are_resolved() {
    let c = &mut connect();
    let ada = || user(1, "Ada L.", Some(37));
    let insert = || diesel::insert_into(users::table).values(ada());
    assert_eq!(insert().on_conflict_do_nothing().execute(c), Ok(0));
    assert_eq!(insert().on_conflict(users::id).do_nothing().execute(c), Ok(0));
    assert_eq!(diesel::insert_or_ignore_into(users::table).values(ada()).execute(c), Ok(0));
    let updated = insert()
        .on_conflict(users::id)
        .do_update()
        .set((users::name.eq(excluded(users::name)), users::age.eq(users::age + 1)))
        .get_result::<User>(c);
    assert_eq!(updated, Ok(user(1, "Ada L.", Some(37))));
    let kept = diesel::query_dsl::methods::FilterDsl::filter(
        insert().on_conflict(users::id).do_update().set(users::age.eq(0)),
        users::age.lt(5),
    );
    assert_eq!(kept.execute(c), Ok(0));
    assert_eq!(diesel::replace_into(users::table).values(user(1, "Eve", None)).execute(c), Ok(1));
    assert_eq!(users::table.find(1).first::<User>(c).map(|user| user.name), Ok("Eve".to_owned()));
}

#[test]
fn statements_of_sql_bind_and_load_by_name() {
    let c = &mut connect();
    use diesel::sql_types::{Integer, Text};
    let found: Vec<User> = diesel::sql_query(
        "SELECT age, name, id FROM users WHERE id > $1 AND name <> $2 ORDER BY id",
    )
    .bind::<Integer, _>(0)
    .bind::<Text, _>("Bob")
    .load(c)
    .unwrap();
    assert_eq!(found, [user(1, "Ada", Some(36)), user(3, "Cid", Some(7))]);
    let union = users::table
        .select(users::id)
        .union(posts::table.select(posts::user_id))
        .load::<i32>(c)
        .unwrap();
    assert_eq!(union.len(), 3);
    let except =
        users::table.select(users::id).except(posts::table.select(posts::user_id)).load::<i32>(c);
    assert_eq!(except, Ok(vec![3]));
}

#[test]
fn results_are_iterated() {
    let c = &mut database("");
    let query = || diesel::dsl::sql::<diesel::sql_types::BigInt>("range FROM range(5000)");
    let mut expected = 0;
    for row in diesel::select(query()).load_iter::<i64, DefaultLoadingMode>(c).unwrap() {
        assert_eq!(row, Ok(expected));
        expected += 1;
    }
    assert_eq!(expected, 5000);
    let first = diesel::select(query()).load_iter::<i64, DefaultLoadingMode>(c).unwrap().next();
    assert_eq!(
        first,
        Some(Ok(0)),
        "a result that is not read to its end leaves the connection fine"
    );
    assert_eq!(diesel::select(query()).load::<i64>(c).map(|rows| rows.len()), Ok(5000));
}

/// What an instrumentation hears.
fn events(connection: &mut DuckDbConnection) -> Arc<Mutex<Vec<String>>> {
    let events = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&events);
    connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        heard.lock().expect("no test panics here").push(match event {
            InstrumentationEvent::StartQuery { query, .. } => format!("start {query}"),
            InstrumentationEvent::CacheQuery { sql, .. } => format!("cache {sql}"),
            InstrumentationEvent::FinishQuery { error, .. } => {
                format!("finish {}", error.is_some())
            }
            InstrumentationEvent::BeginTransaction { depth, .. } => format!("begin {depth}"),
            InstrumentationEvent::CommitTransaction { depth, .. } => format!("commit {depth}"),
            InstrumentationEvent::RollbackTransaction { depth, .. } => format!("rollback {depth}"),
            _ => "other".to_owned(),
        });
    });
    events
}

#[test]
fn statements_are_cached_once() {
    let c = &mut connect();
    let events = events(c);
    let cached = |events: &Mutex<Vec<String>>| {
        events.lock().unwrap().drain(..).filter(|event| event.starts_with("cache")).count()
    };
    for id in 1..=3 {
        assert_eq!(users::table.find(id).first::<User>(c).map(|user| user.id), Ok(id));
    }
    assert_eq!(cached(&events), 1);
    // What a cached statement sees is the table as it is by now.
    crate::run(c, "ALTER TABLE users ALTER COLUMN name SET DATA TYPE VARCHAR").unwrap();
    crate::run(c, "INSERT INTO users VALUES (9, 'Zoe', 1)").unwrap();
    assert_eq!(users::table.find(9).first::<User>(c).map(|user| user.name), Ok("Zoe".to_owned()));
    assert_eq!(cached(&events), 0);
    c.set_prepared_statement_cache_size(CacheSize::Disabled);
    assert_eq!(users::table.find(9).first::<User>(c).map(|user| user.id), Ok(9));
    assert_eq!(cached(&events), 0);
}

/// DuckDB 1.5.6 plans by the values that are there when a statement is prepared, and is wrong about later ones.
#[test]
fn a_cached_statement_sees_the_rows_of_by_now() {
    let c = &mut database(
        "CREATE TABLE users (id INTEGER, name VARCHAR, age INTEGER); INSERT INTO users VALUES (1, 'a', 5), (2, 'b', 6)",
    );
    let others = diesel::alias!(users as others);
    for round in 0..3 {
        let mut expected = vec![Some(5), Some(6)];
        expected.extend((0..round).flat_map(|_| [Some(100_000), None]));
        let ages = users::table.select(users::age).order((users::id, users::age));
        assert_eq!(ages.load(c), Ok(expected.clone()));
        assert_eq!(ages.filter(users::id.gt(0)).load(c), Ok(expected.clone()));
        let known = expected.iter().filter(|age| age.is_some()).count() as i64;
        assert_eq!(users::table.filter(users::age.is_not_null()).count().get_result(c), Ok(known));
        assert_eq!(
            users::table
                .filter(users::age.is_not_null().and(users::id.gt(0)))
                .count()
                .get_result(c),
            Ok(known)
        );
        assert_eq!(users::table.filter(users::age.eq(100_000)).count().get_result(c), Ok(round));
        let grouped =
            users::table.group_by(users::age).select((users::age, count_star())).order(users::age);
        assert_eq!(
            grouped.load::<(Option<i32>, i64)>(c).map(|rows| rows.len()),
            Ok(if round == 0 { 2 } else { 4 })
        );
        let pairs =
            users::table.inner_join(others.on(others.field(users::age).eq(users::age))).count();
        assert_eq!(pairs.get_result::<i64>(c), Ok(2 + round * round));
        assert_eq!(pairs.filter(users::id.gt(0)).get_result::<i64>(c), Ok(2 + round * round));
        crate::run(
            c,
            &format!("INSERT INTO users VALUES ({0}, 'c', 100000), ({0}, NULL, NULL)", round + 3),
        )
        .unwrap();
    }
}

/// Threads that insert values of ever new sizes, while others read: a plan must not outlive what it was made for.
#[test]
fn statements_hold_while_others_write() {
    let a = &mut database("CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (0)");
    let writer = &mut a.try_clone().unwrap();
    std::thread::scope(|scope| {
        let writing = scope.spawn(move || {
            for id in 0..200 {
                crate::run(writer, &format!("INSERT INTO t VALUES ({})", 1_i64 << (id % 31)))
                    .unwrap();
            }
        });
        while !writing.is_finished() {
            let ids: Vec<i32> = diesel::select(diesel::dsl::sql::<diesel::sql_types::Integer>(
                "id FROM t ORDER BY id",
            ))
            .load(a)
            .unwrap();
            assert!(ids.iter().all(|id| id.count_ones() < 2), "{ids:?}");
        }
    });
}

#[test]
fn instrumentation_hears_all() {
    let c = &mut connect();
    let events = events(c);
    let _ = c.transaction(|c| crate::run(c, "SELECT * FROM nope"));
    c.transaction(|c| crate::run(c, "SELECT 1")).unwrap();
    let expected = [
        "begin 1",
        "start SELECT * FROM nope -- binds: []",
        "finish true",
        "rollback 1",
        "begin 1",
        "start SELECT 1 -- binds: []",
        "finish false",
        "commit 1",
    ];
    assert_eq!(*events.lock().unwrap(), expected);
}

#[test]
fn sql_is_as_duckdb_has_it() {
    let query = users::table.filter(users::name.eq("a\"b")).limit(1);
    let expected = r#"SELECT "users"."id", "users"."name", "users"."age" FROM "users" WHERE ("users"."name" = $1) LIMIT $2 -- binds: ["a\"b", 1]"#;
    assert_eq!(diesel::debug_query::<DuckDb, _>(&query).to_string(), expected);
}
