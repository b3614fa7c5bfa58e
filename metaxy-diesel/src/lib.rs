//! The schema engine of metaxy: schemas from features and databases, their difference, migrations, histories.

pub mod schema;
pub mod sql_types;
pub mod system;
pub mod table;

pub use schema::Schema;
pub use table::FeatureTable;

#[doc(hidden)]
pub use inventory;
