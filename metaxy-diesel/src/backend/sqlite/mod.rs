//! SQLite.

#[cfg(feature = "sqlite")]
mod connect;
#[cfg(feature = "sqlite")]
mod deferrables;
mod dialect;
#[cfg(feature = "sqlite")]
mod driver;
#[cfg(feature = "sqlite")]
mod inspect;
mod location;
#[cfg(feature = "sqlite")]
mod lock;
mod rows;
mod statements;
#[cfg(feature = "sqlite")]
mod version;

#[cfg(feature = "sqlite")]
pub(super) use connect::connect;
pub use dialect::DIALECT;
pub use location::resolve;
#[cfg(feature = "sqlite")]
pub(crate) use lock::LockFile;
