//! MySQL and MariaDB: two databases with one client. Where they are the same is in one place, and what differs is data of
//! each dialect.

#[cfg(feature = "mysql")]
pub(in crate::backend) mod connect;
pub(in crate::backend) mod dialect;
#[cfg(feature = "mysql")]
mod driver;
mod identity;
#[cfg(feature = "mysql")]
pub(in crate::backend) mod inspect;
mod mariadb;
pub(in crate::backend) mod rows;
#[cfg(feature = "mysql")]
mod shown;
mod statements;
mod support;
#[cfg(feature = "mysql")]
mod temporary;
mod types;

#[cfg(feature = "mysql")]
pub(super) use connect::{connect, server};
pub use dialect::DIALECT;
pub use mariadb::DIALECT as MARIADB_DIALECT;
#[cfg(feature = "mysql")]
pub(super) use temporary::TemporaryDatabase;
