//! What the commands about schemas take: which database, and where to try SQL out.

use crate::{
    Schema, Scope,
    cli::{Context, Failure},
    filter::{FilterOptions, filter_feature_schema},
    init::store,
};
use metaxy_core::config::Secret;
use metaxy_diesel::{
    Backend,
    migration::MigrationDirectory,
    schema::TableName,
    source::{ReadOptions, Source},
    store::Store,
};
use std::{collections::BTreeSet, env, error::Error, fmt};

/// Which database, and where to try SQL out
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The database that it is for: sqlite, postgres, mysql, mariadb or duckdb; by default that of the source, else of the store
    #[arg(long, value_name = "NAME")]
    backend: Option<Backend>,
    /// The server to make scratch databases on, or `store` for that of the store
    #[arg(long, value_name = "URL")]
    scratch: Option<Secret>,
}

/// The variable that stands in for `--scratch`.
const SCRATCH_VARIABLE: &str = "METAXY_SCRATCH_URL";

/// Sources, read from the arguments, with all that it takes to read them.
pub struct Sources<const N: usize> {
    pub sources: [Source; N],
    store: Store,
    has_store: bool,
    scratch: Option<Secret>,
    version_tables: BTreeSet<TableName>,
    owned: BTreeSet<TableName>,
}

/// The server for scratch databases: that of the argument, else of the variable. `store` is that of the store.
pub fn scratch_url(argument: Option<&Secret>, store: Option<&Store>) -> Option<Secret> {
    match argument {
        Some(argument) if is_store(argument) => store.map(|it| it.url.clone()),
        Some(url) => Some(url.clone()),
        None => env::var(SCRATCH_VARIABLE).ok().filter(|it| !it.is_empty()).map(Secret::from),
    }
}

fn is_store(argument: &Secret) -> bool {
    argument.expose() == "store"
}

/// The tables of a store's histories, by their snapshots: of those that the sources are about.
fn owned_tables(
    context: &Context<'_>,
    store: &Store,
    sources: &[Source],
) -> Result<BTreeSet<TableName>, Failure> {
    let scopes = match sources {
        sources if sources.contains(&Source::Features) => vec![Scope::Features],
        sources if sources.contains(&Source::System) => vec![Scope::System],
        _ => context.environment.scopes(),
    };
    let mut owned = BTreeSet::new();
    for scope in scopes {
        let directory = context.config.migrations_dir(&store.name, scope.name());
        let history = MigrationDirectory::open(&directory).map_err(Failure::usage)?;
        owned.extend(history.snapshot.into_iter().flat_map(|it| it.schema.tables.into_keys()));
    }
    Ok(owned)
}

/// The command was told too little.
#[derive(Debug)]
struct NoBackend;

impl Options {
    /// Reads the sources that arguments name. A store is looked up only where one is needed.
    pub fn sources<const N: usize>(
        self,
        context: &Context<'_>,
        texts: [Secret; N],
    ) -> Result<Sources<N>, Failure> {
        // Not by clap, which would print what it does not understand, password and all.
        let mut sources = Vec::new();
        for text in texts {
            sources.push(text.expose().parse::<Source>().map_err(Failure::usage)?);
        }
        let sources: [Source; N] = sources.try_into().expect("one for each text");
        let backend = self.backend.or_else(|| sources.iter().find_map(Source::backend));
        let of_store =
            |it: &Source| matches!(it, Source::Features | Source::System | Source::Database(None));
        let scratch_is_store = self.scratch.as_ref().is_some_and(is_store);
        let needs_store = backend.is_none() || scratch_is_store || sources.iter().any(of_store);
        let (name, config) = (context.environment.store.as_deref(), &context.config);
        let found = match needs_store && (name.is_some() || !config.stores.is_empty()) {
            true => Some(store(config, name)?),
            false => None,
        };
        let backend = backend.or_else(|| found.as_ref().map(|it| it.backend));
        let backend = backend.ok_or_else(|| Failure::usage(NoBackend))?;
        if sources.contains(&Source::Features) {
            context.linked_graph()?;
        }
        let version_tables = config.stores.keys().flat_map(|store| {
            let table = |scope: Scope| config.migrations.version_table(store, scope.name());
            Scope::ALL.map(table).map(TableName::new)
        });
        let scratch = scratch_url(self.scratch.as_ref(), found.as_ref());
        let owned = match &found {
            Some(store) if sources.contains(&Source::Database(None)) => {
                owned_tables(context, store, &sources)?
            }
            _ => BTreeSet::new(),
        };
        Ok(Sources {
            sources,
            scratch,
            version_tables: version_tables.collect(),
            owned,
            has_store: found.is_some(),
            store: match found {
                Some(store) => Store { backend, ..store },
                None => {
                    let project = config.project.clone();
                    Store { project, ..Store::new("", backend, Secret::default()) }
                }
            },
        })
    }
}

impl<const N: usize> Sources<N> {
    pub fn backend(&self) -> Backend {
        self.store.backend
    }

    /// Does something with what it takes to read the sources.
    pub fn with<T>(&self, function: impl FnOnce(&ReadOptions<'_>) -> T) -> T {
        let features = || -> Result<Schema, Box<dyn Error + Send + Sync>> {
            Ok(filter_feature_schema(&self.store, &FilterOptions::default())?.1)
        };
        function(&ReadOptions {
            backend: self.backend(),
            features: &features,
            table_prefix: &self.store.table_prefix,
            database: self.has_store.then_some(&self.store.url),
            version_tables: &self.version_tables,
            owned: &self.owned,
            scratch: self.scratch.as_ref(),
        })
    }
}

impl fmt::Display for NoBackend {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Backend::ALL.map(|it| format!("`--backend {}`", it.name()));
        write!(
            out,
            "neither a source nor a store says which database is meant: add {}",
            names.join(" or ")
        )
    }
}

impl Error for NoBackend {}
