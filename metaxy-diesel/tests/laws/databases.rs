//! The laws, on each database.

use crate::{
    forms::forms,
    migrate::check,
    pair::{Pair, pairs},
    support::{TestDatabase, is_there},
};
use metaxy_core::config::Secret;
use metaxy_diesel::{
    Backend,
    backend::{Connection, Open, connect},
    change::ChangeKind,
    columns::Comments,
    dialect::Enums,
    schema::{Identity, SqlType},
};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use std::{
    cell::RefCell,
    collections::BTreeMap,
    env,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
};

const PAIRS: u64 = 1000;
/// A server that takes its time for DDL; most of its laws are MariaDB's.
const PAIRS_OF_MYSQL: u64 = 200;
const THREADS: usize = 4;

#[cfg(feature = "sqlite")]
#[test]
fn sqlite() {
    migrations_lead_there_and_back(Backend::Sqlite);
}

#[cfg(feature = "postgres")]
#[test]
fn postgres() {
    migrations_lead_there_and_back(Backend::Postgres);
}

#[cfg(feature = "mysql")]
#[test]
fn mariadb() {
    migrations_lead_there_and_back(Backend::MariaDb);
}

#[cfg(feature = "mysql")]
#[test]
fn mysql() {
    if is_there(Backend::Mysql) {
        migrations_lead_there_and_back(Backend::Mysql);
    }
}

#[cfg(feature = "duckdb")]
#[test]
fn duckdb() {
    migrations_lead_there_and_back(Backend::DuckDb);
}

fn migrations_lead_there_and_back(backend: Backend) {
    let number = |name: &str| {
        let text = env::var(name).ok()?;
        Some(text.parse::<u64>().unwrap_or_else(|error| panic!("{name}={text}: {error}")))
    };
    // The same pairs on every run, unless someone asks for others.
    let first = number("METAXY_LAWS_SEED").unwrap_or(0);
    let pairs = number("METAXY_LAWS_PAIRS").unwrap_or(match backend {
        Backend::Mysql => PAIRS_OF_MYSQL,
        _ => PAIRS,
    });
    let (next, seen, failure) = (AtomicU64::new(0), Mutex::<Seen>::default(), Mutex::new(None));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut place = Place::new(backend);
                let is_fine = || failure.lock().expect("nothing panics with it").is_none();
                while is_fine()
                    && let at @ 0.. = next.fetch_add(1, Relaxed)
                    && at < pairs
                {
                    if let Err(words) = one(&mut place, first + at, &seen) {
                        *failure.lock().expect("nothing panics with it") = Some(words);
                    }
                }
            });
        }
    });
    if let Some(words) = failure.into_inner().expect("nothing panicked with it") {
        panic!("{words}");
    }
    let Seen { kinds, edits, refused } = seen.into_inner().expect("nothing panicked with it");
    println!("{backend}: {pairs} pairs, with these kinds of change in them: {kinds:?}");
    let count: usize = refused.values().sum();
    println!("{backend}: of {edits} edits {count} led to what it has not: {refused:?}");
    let unknown = |it: &&String| !forms(backend).limits.contains(&it.as_str());
    let unknown: Vec<_> = refused.keys().filter(unknown).collect();
    assert!(unknown.is_empty(), "{unknown:?} are refused on {backend}, and are no limit of it");
    assert!(count * 20 <= edits, "{backend} refuses more than one of 20 edits");
    let missing: Vec<_> = ChangeKind::ALL
        .iter()
        .filter(|it| can_occur(**it, backend) && !kinds.contains_key(it))
        .collect();
    // Among other pairs a rare one may be missing.
    let is_usual = first == 0 && pairs >= PAIRS;
    assert!(!is_usual || missing.is_empty(), "no edit leads to {missing:?} on {backend}");
}

/// What the pairs had in them.
#[derive(Default)]
struct Seen {
    kinds: BTreeMap<ChangeKind, u64>,
    edits: usize,
    /// What edits were refused for, and how many.
    refused: BTreeMap<String, usize>,
}

/// Whether a database has such changes.
fn can_occur(kind: ChangeKind, backend: Backend) -> bool {
    let dialect = backend.dialect();
    match kind {
        ChangeKind::AddUnique | ChangeKind::DropUnique => dialect.unique_constraints,
        ChangeKind::AddIdentity | ChangeKind::DropIdentity => {
            (dialect.columns.identity.definition)(Identity::BY_DEFAULT, &SqlType::BigInt).is_some()
        }
        // Where there is one kind of identity, there is no other.
        ChangeKind::ChangeIdentity => dialect.columns.identity.serial,
        ChangeKind::SetComment => dialect.columns.comments != Comments::None,
        ChangeKind::RenameConstraint => dialect.constraint_names && dialect.rename_constraint,
        ChangeKind::AlterForeignKey => dialect.constraints.alter_deferrable,
        ChangeKind::CreateEnum
        | ChangeKind::DropEnum
        | ChangeKind::AlterEnum
        | ChangeKind::RenameEnum
        | ChangeKind::RenameEnumValue => dialect.enums == Enums::Named,
        ChangeKind::CreateNamespace | ChangeKind::DropNamespace => dialect.namespaces.is_some(),
        // The test servers are no clusters.
        ChangeKind::Distribute => false,
        _ => true,
    }
}

/// The first pair that this seed leads to.
fn one(place: &mut Place, seed: u64, seen: &Mutex<Seen>) -> Result<(), String> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let config = Config {
        cases: 1,
        failure_persistence: None,
        max_shrink_iters: 2000,
        max_shrink_time: 20_000, // milliseconds
        ..Config::default()
    };
    let backend = place.backend;
    let place = RefCell::new(place);
    let ran = TestRunner::new_with_rng(config, rng).run(&pairs(backend), |pair: Pair| {
        let mut place = place.borrow_mut();
        let kinds = place.check(&pair).map_err(TestCaseError::fail)?;
        let mut seen = seen.lock().expect("nothing panics with it");
        kinds.into_iter().for_each(|it| *seen.kinds.entry(it).or_default() += 1);
        seen.edits += pair.edits.count;
        pair.edits.refused.into_iter().for_each(|it| *seen.refused.entry(it).or_default() += 1);
        Ok(())
    });
    ran.map_err(|error| match error {
        TestError::Fail(reason, pair) => format!(
            "{reason}\n{pair:?}\nto see it again: METAXY_LAWS_SEED={seed} METAXY_LAWS_PAIRS=1, on {backend}"
        ),
        TestError::Abort(reason) => reason.to_string(),
    })
}

/// An empty database, made anew where a pair left something.
struct Place {
    backend: Backend,
    connection: Connection,
    /// After the connection: a database that is used cannot be dropped.
    _database: Option<TestDatabase>,
    dirty: bool,
}

impl Place {
    fn new(backend: Backend) -> Self {
        let in_memory = matches!(backend, Backend::Sqlite | Backend::DuckDb);
        let database = (!in_memory).then(|| TestDatabase::new(backend));
        let connection = match &database {
            Some(database) => database.connect(),
            None => connect(backend, &Secret::new(":memory:"), Open::Create).expect("opens"),
        };
        Self { backend, connection, _database: database, dirty: false }
    }

    fn check(&mut self, pair: &Pair) -> Result<Vec<ChangeKind>, String> {
        if self.dirty {
            *self = Self::new(self.backend);
        }
        // Until it is known to be clean: a panic passes by.
        self.dirty = true;
        let kinds = check(&mut self.connection, pair)?;
        self.dirty = false;
        Ok(kinds)
    }
}
