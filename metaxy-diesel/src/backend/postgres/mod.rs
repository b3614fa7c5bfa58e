//! PostgreSQL.

#[cfg(feature = "postgres")]
mod connect;
mod dialect;
#[cfg(feature = "postgres")]
mod driver;
#[cfg(feature = "postgres")]
mod inspect;

#[cfg(feature = "postgres")]
pub(super) use connect::connect;
pub use dialect::DIALECT;
