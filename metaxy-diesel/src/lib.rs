//! The schema engine of metaxy: schemas from features and databases, their difference, migrations, histories.

pub mod backend;
pub mod dialect;
pub mod hash;
pub mod migration;
pub mod naming;
pub mod schema;
pub mod snapshot;
pub mod sql_types;
pub mod sum;
pub mod system;
pub mod table;

pub use backend::Backend;
pub use dialect::Dialect;
pub use schema::Schema;
pub use table::FeatureTable;

#[doc(hidden)]
pub use inventory;
