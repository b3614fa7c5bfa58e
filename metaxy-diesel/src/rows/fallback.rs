//! Fallback stores: where a store has no table of a feature, the first one behind it that has one is read.

use super::{
    HashAlgorithm, OpenStore, ReadOptions, RowsError, event::Doing, open::database,
    query::write_source, temporary, write::take_batch,
};
use crate::{
    backend::statement::Statement,
    dialect::Dialect,
    schema::{Column, Schema, SqlType, Table, TableName},
    store::Fallback,
    system::system_columns,
};
use metaxy_core::{FeatureDep, FeatureGraph, FeatureKey, definition::SYSTEM_COLUMNS};
use std::collections::{BTreeMap, BTreeSet};

const DOING: &str = "cannot bring rows of";

/// The stores behind another one, in their order.
pub(super) struct Fallbacks<'g> {
    stores: Vec<Behind<'g>>,
    graph: &'g FeatureGraph,
    /// What all of them hash with.
    algorithm: HashAlgorithm,
}

/// A store behind another one. It is opened when it is needed.
enum Behind<'g> {
    Closed(Fallback),
    Open(Box<OpenStore<'g>>),
}

impl<'g> Fallbacks<'g> {
    pub(super) fn new(
        stores: &[Fallback],
        graph: &'g FeatureGraph,
        algorithm: HashAlgorithm,
    ) -> Self {
        let stores = stores.iter().cloned().map(Behind::Closed).collect();
        Self { stores, graph, algorithm }
    }

    /// Takes them out: none are left.
    fn take(&mut self) -> Self {
        Self { stores: std::mem::take(&mut self.stores), ..*self }
    }

    /// The first of them, or of those behind it, that has the table of a feature.
    fn find(&mut self, feature: &FeatureKey) -> Result<Option<&mut OpenStore<'g>>, RowsError> {
        for at in 0..self.stores.len() {
            let store = self.open(at)?;
            let is_here = store.has_table(feature)?;
            if is_here || store.fallbacks.find(feature)?.is_some() {
                let store = self.open(at)?;
                return if is_here { Ok(Some(store)) } else { store.fallbacks.find(feature) };
            }
        }
        Ok(None)
    }

    fn open(&mut self, at: usize) -> Result<&mut OpenStore<'g>, RowsError> {
        if let Behind::Closed(fallback) = &self.stores[at] {
            let store = match fallback {
                Fallback::Store(store) => store,
                Fallback::Unusable { name, why } => {
                    let (store, why) = (name.clone(), why.clone());
                    return Err(RowsError::Fallback { store, why });
                }
            };
            let open: OpenStore<'g> = store.open(self.graph)?;
            if open.hash_algorithm() != self.algorithm {
                return Err(RowsError::FallbackHash {
                    store: store.name.clone(),
                    there: open.hash_algorithm(),
                    here: self.algorithm,
                });
            }
            self.stores[at] = Behind::Open(Box::new(open));
        }
        match &mut self.stores[at] {
            Behind::Open(store) => Ok(store),
            Behind::Closed(_) => unreachable!("it was opened above"),
        }
    }
}

impl<'g, C> OpenStore<'g, C> {
    /// The store behind this one that has the table of a feature; `None`: this one has it, or none does.
    pub(super) fn behind(
        &mut self,
        feature: &FeatureKey,
    ) -> Result<Option<&mut OpenStore<'g>>, RowsError> {
        if self.fallbacks.stores.is_empty() || self.has_table(feature)? {
            return Ok(None);
        }
        self.fallbacks.find(feature)
    }

    fn has_table(&mut self, feature: &FeatureKey) -> Result<bool, RowsError> {
        let name = self.tables().name(feature);
        Ok(self.inspect(&BTreeSet::from([name.clone()]))?.tables.contains_key(&name))
    }

    /// Brings what a feature is made from, and only stores behind this one have, into temporary tables here: the present rows. They
    /// are brought anew for each increment of the feature, and stay for its sets as long as the store is open.
    pub(super) fn bring(
        &mut self,
        feature: &FeatureKey,
        found: &mut Schema,
    ) -> Result<BTreeMap<FeatureKey, TableName>, RowsError> {
        let mut brought = BTreeMap::new();
        // Two connections at once: those behind are taken out meanwhile.
        let deps = self.spec(feature)?.deps.iter();
        let mut fallbacks = self.fallbacks.take();
        let done = deps.into_iter().try_for_each(|dep| {
            if found.tables.contains_key(&self.tables().name(&dep.feature)) {
                return Ok(());
            }
            let Some(there) = fallbacks.find(&dep.feature)? else { return Ok(()) };
            let key = (feature.clone(), dep.feature.clone());
            let name = self.brought.get(&key).cloned();
            let name = name.unwrap_or_else(|| self.temporary_table("brought"));
            self.brought.insert(key, name.clone());
            let table = self.bring_from(there, dep, &name)?;
            found.tables.insert(name.clone(), table);
            brought.insert(dep.feature.clone(), name);
            Ok(())
        });
        self.fallbacks = fallbacks;
        done.map(|()| brought)
    }

    /// Brings the present rows of a dependency into a temporary table.
    fn bring_from(
        &mut self,
        there: &mut OpenStore<'g>,
        dep: &FeatureDep,
        name: &TableName,
    ) -> Result<Table, RowsError> {
        let (feature, dialect) = (&dep.feature, self.backend.dialect());
        let failed = |error| database(DOING, feature)(error);
        let source = there.source(feature, &ReadOptions::default())?;
        let columns: Vec<Column> = source
            .table
            .columns
            .iter()
            .filter(|it| is_brought(dep, &source.id_columns, it))
            .map(|it| Column { nullable: true, ..Column::new(&it.name, type_here(it, dialect)) })
            .collect();
        let mut query = Statement::new("SELECT ");
        query.list(", ", &columns, |out, it| _ = out.identifier(&it.name)).sql(" FROM (");
        write_source(&source, there.backend.dialect(), &mut query);
        query.sql(") AS brought");
        let dropped = temporary::drop(self.driver(), dialect, name);
        dropped
            .and_then(|()| self.driver().execute(create(name, &columns, dialect)))
            .map_err(failed)?;
        self.told(Doing::Bring, feature, |store, tell| {
            let rows = there.driver().stream(query).map_err(failed)?;
            let mut rows = rows.map(|it| it.map_err(failed));
            store.transaction(DOING, feature, |driver| {
                let (mut broken, mut count) = (None, 0);
                let mut more = || {
                    let rows = take_batch(&mut rows).map_err(|error| broken = Some(error)).ok()?;
                    count += rows.len();
                    tell(count);
                    (!rows.is_empty()).then_some(rows)
                };
                let appended = driver.append(dialect, name, &columns, &mut more);
                broken.map_or(Ok(()), Err)?;
                appended.map_err(failed)?;
                Ok(count)
            })
        })?;
        Ok(Table::new(name.clone(), columns))
    }
}

/// Whether a column is needed here. What is not selected may be of a type that rows of any columns do not hold.
fn is_brought(dep: &FeatureDep, id_columns: &[String], column: &Column) -> bool {
    let is_plain = !matches!(column.sql_type, SqlType::Array(_) | SqlType::Other(_));
    let here = dep.rename.as_ref().and_then(|it| it.get(&column.name)).unwrap_or(&column.name);
    is_plain
        || id_columns.contains(&column.name)
        || dep.select.as_ref().is_none_or(|it| it.contains(here))
}

/// The type of a column of another database here: a text, where this one lacks the type.
fn type_here(column: &Column, dialect: &Dialect) -> SqlType {
    if SYSTEM_COLUMNS.contains(&column.name.as_str()) {
        let mut system = system_columns();
        return system.find(|it| it.name == column.name).map_or(SqlType::Text, |it| it.sql_type);
    }
    let is_own =
        matches!(column.sql_type, SqlType::Enum(_) | SqlType::Values(_) | SqlType::Other(_));
    match (dialect.type_name)(&column.sql_type) {
        Ok(_) if !is_own => column.sql_type.clone(),
        _ => SqlType::Text,
    }
}

fn create(name: &TableName, columns: &[Column], dialect: &Dialect) -> Statement {
    let mut create = Statement::new("CREATE TEMPORARY TABLE ");
    create.table(name).sql(" (");
    create.list(", ", columns, |out, it| {
        let sql_type = (dialect.type_name)(&it.sql_type);
        out.identifier(&it.name).sql(" ").sql(&sql_type.expect("it is a type of this database"));
    });
    create.sql(")").sql(dialect.table_options);
    create
}
