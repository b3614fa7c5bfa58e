//! [`OpenStore`]: a store whose rows are written, read and resolved.

use super::{HashAlgorithm, RowsError, base::Base, event::Listener, fallback::Fallbacks};
use crate::{
    backend::{Connection, Open, driver::Driver},
    schema::{Schema, TableName},
    store::Store,
};
use metaxy_core::{FeatureGraph, FeatureKey};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    marker::PhantomData,
    ops::{Deref, DerefMut},
};

/// A store that is open, for the features of a graph. It looks at a table once: open it anew after a migration.
///
/// `C` is how the program uses the database through Diesel: a `SqliteConnection`, `PgConnection`, `MysqlConnection` or
/// `DuckDbConnection`, or a [`Connection`] where it does not matter which it is.
///
/// ```
/// use metaxy_core::{FeatureDefinition, FeatureGraph, FeatureKey, FeatureSpec, Json};
/// use metaxy_diesel::{
///     Backend,
///     rows::{OpenStore, ResolveOptions, Row, Value, WriteOptions},
///     store::Store,
/// };
///
/// # let definition = |spec: &str| FeatureDefinition {
/// #     spec: FeatureSpec::try_from(&Json::parse(spec).unwrap()).unwrap(),
/// #     schema: Json::from([("type", Json::from("object"))]).into(),
/// #     class_path: None,
/// #     project: "example".to_owned(),
/// #     external: false,
/// #     provenance_by_field: None,
/// #     location: None,
/// # };
/// let video = definition(
///     r#"{"key": "video", "id_columns": ["id"], "fields": [{"key": "audio"}]}"#,
/// );
/// let crop = definition(
///     r#"{"key": "crop", "id_columns": ["id"], "deps": ["video"], "fields": [{"key": "audio"}]}"#,
/// );
/// let graph = FeatureGraph::new([video, crop], Default::default())?;
/// let store = Store::new("dev", Backend::Sqlite, ":memory:");
/// let mut store: OpenStore = store.open(&graph)?;
/// # let columns = "metaxy_provenance, metaxy_provenance_by_field, metaxy_feature_version, metaxy_project_version,
/// #     metaxy_data_version, metaxy_data_version_by_field, metaxy_created_at, metaxy_updated_at, metaxy_deleted_at,
/// #     metaxy_materialization_id";
/// # for table in ["video", "crop"] {
/// #     store.connection().execute_script(&format!("CREATE TABLE {table} (id TEXT, {columns})"))?;
/// # }
///
/// let (video, crop) = (FeatureKey::new("video")?, FeatureKey::new("crop")?);
/// let made_from = serde_json::json!({ "audio": "a1" });
/// let row = [("id", Value::from("v1")), ("metaxy_provenance_by_field", made_from.into())];
/// let row = Row::from(row);
/// store.write_rows(&video, vec![row], &WriteOptions::default())?;
///
/// let increment = store.resolve_rows(&crop, ResolveOptions::default())?;
/// let new = increment.new.rows(&mut store)?;
/// assert_eq!(new[0].text("id"), Some("v1"));
/// store.write_rows(&crop, new, &WriteOptions::default())?;
/// assert_eq!(increment.new.count(&mut store)?, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct OpenStore<'g, C = Connection> {
    pub(super) base: Base<'g>,
    connection: Connection,
    /// Whether the session expects queries of ours.
    expects_ours: bool,
    /// Who is told what happens to rows.
    pub(super) listener: Option<Listener>,
    pub(super) fallbacks: Fallbacks<'g>,
    /// The temporary tables of what a feature is made from, by both, where it came from another store.
    pub(super) brought: BTreeMap<(FeatureKey, FeatureKey), TableName>,
    kind: PhantomData<fn() -> C>,
}

#[doc(hidden)]
impl<'g, C> Deref for OpenStore<'g, C> {
    type Target = Base<'g>;

    fn deref(&self) -> &Base<'g> {
        &self.base
    }
}

#[doc(hidden)]
impl<'g, C> DerefMut for OpenStore<'g, C> {
    fn deref_mut(&mut self) -> &mut Base<'g> {
        &mut self.base
    }
}

/// A connection that a store can be used through.
pub trait StoreConnection: Sized + 'static {
    /// The connection, where it is of this kind.
    fn of(connection: &mut Connection) -> Option<&mut Self>;
}

impl StoreConnection for Connection {
    fn of(connection: &mut Connection) -> Option<&mut Self> {
        Some(connection)
    }
}

macro_rules! store_connections {
    ($($feature:literal $connection:ty: $($variant:ident)|+;)*) => {$(
        #[cfg(feature = $feature)]
        impl StoreConnection for $connection {
            fn of(connection: &mut Connection) -> Option<&mut Self> {
                match connection {
                    $(Connection::$variant(connection))|+ => Some(connection),
                    #[allow(unreachable_patterns, reason = "where it is the only backend of the build")]
                    _ => None,
                }
            }
        }
    )*};
}

store_connections! {
    "sqlite" diesel::SqliteConnection: Sqlite;
    "postgres" diesel::PgConnection: Postgres;
    "mysql" diesel::MysqlConnection: Mysql | MariaDb;
    "duckdb" diesel_duckdb::DuckDbConnection: DuckDb;
}

impl Store {
    /// Opens the database for the rows of a graph's features. A file has to be there already.
    ///
    /// # Errors
    ///
    /// [`RowsError::Connect`] as [`Store::connect`], [`RowsError::OtherDatabase`] where it is not the one that `C` is for, and
    /// [`RowsError::UnknownHash`] where the store's hash is none that is known.
    pub fn open<'g, C: StoreConnection>(
        &self,
        graph: &'g FeatureGraph,
    ) -> Result<OpenStore<'g, C>, RowsError> {
        let mut connection = self.connect(Open::Existing)?;
        let backend = self.backend;
        if C::of(&mut connection).is_none() {
            return Err(RowsError::OtherDatabase { found: backend });
        }
        let base = Base::new(self, graph)?;
        connection.driver().prepare_rows().map_err(RowsError::Session)?;
        let algorithm = base.hashing.algorithm;
        Ok(OpenStore {
            base,
            connection,
            expects_ours: false,
            listener: None,
            fallbacks: Fallbacks::new(&self.fallbacks, graph, algorithm),
            brought: BTreeMap::new(),
            kind: PhantomData,
        })
    }
}

impl<'g, C: StoreConnection> OpenStore<'g, C> {
    /// The connection, for queries of your own.
    pub fn connection(&mut self) -> &mut C {
        if std::mem::take(&mut self.expects_ours) {
            // Where it cannot be taken back, the next query says what is wrong with the connection.
            _ = self.driver().expect_whole_tables(false);
        }
        C::of(&mut self.connection).expect("it was checked when it was opened")
    }

    /// The features.
    pub fn graph(&self) -> &'g FeatureGraph {
        self.graph
    }

    /// What versions of samples are hashed with.
    pub fn hash_algorithm(&self) -> HashAlgorithm {
        self.hashing.algorithm
    }
}

impl<'g, C> OpenStore<'g, C> {
    pub(super) fn driver(&mut self) -> &mut dyn Driver {
        self.connection.driver()
    }

    /// Makes the session one for a query that joins whole tables.
    pub(super) fn expect_whole_tables(&mut self) -> diesel::QueryResult<()> {
        self.expects_ours = true;
        self.driver().expect_whole_tables(true)
    }

    /// The tables of these names that are there. Each is looked at once.
    pub(super) fn inspect(&mut self, tables: &BTreeSet<TableName>) -> Result<Schema, RowsError> {
        let unknown = self.base.unknown(tables);
        if !unknown.is_empty() {
            self.base.learn(self.connection.inspect(&unknown)?);
        }
        Ok(self.base.known(tables))
    }

    /// Runs something whole or not at all.
    pub(super) fn transaction<T>(
        &mut self,
        doing: &'static str,
        feature: &FeatureKey,
        run: impl FnOnce(&mut dyn Driver) -> Result<T, RowsError>,
    ) -> Result<T, RowsError> {
        let driver = self.driver();
        driver.begin().map_err(database(doing, feature))?;
        match run(driver) {
            Ok(value) => driver.commit().map(|()| value).map_err(database(doing, feature)),
            Err(error) => {
                // What failed first is what to tell.
                _ = driver.rollback();
                Err(error)
            }
        }
    }
}

/// What a database said of rows of a feature.
pub(super) fn database(
    doing: &'static str,
    feature: &FeatureKey,
) -> impl FnOnce(diesel::result::Error) -> RowsError {
    move |source| RowsError::Database { doing, feature: feature.clone(), source }
}

impl<C> fmt::Debug for OpenStore<'_, C> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "OpenStore({})", self.backend)
    }
}
