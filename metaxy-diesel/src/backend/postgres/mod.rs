//! PostgreSQL.

mod citus;
#[cfg(feature = "postgres")]
mod connect;
#[cfg(feature = "postgres")]
mod copy;
mod dialect;
#[cfg(feature = "postgres")]
mod driver;
mod identity;
#[cfg(feature = "postgres")]
pub(in crate::backend) mod inspect;
mod namespace;
pub(in crate::backend) mod rows;
mod statements;
#[cfg(feature = "postgres")]
mod temporary;

#[cfg(feature = "postgres")]
pub(super) use connect::connect;
pub use dialect::DIALECT;
pub(super) use statements::statements;
#[cfg(feature = "postgres")]
pub(super) use temporary::TemporaryDatabase;
