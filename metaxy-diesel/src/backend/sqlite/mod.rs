//! SQLite.

#[cfg(feature = "sqlite")]
mod connect;
#[cfg(feature = "sqlite")]
mod definition;
mod dialect;
#[cfg(feature = "sqlite")]
mod driver;
#[cfg(feature = "sqlite")]
mod inspect;
mod location;
mod rows;
mod statements;

#[cfg(feature = "sqlite")]
pub(super) use connect::connect;
pub use dialect::DIALECT;
pub use location::resolve;
