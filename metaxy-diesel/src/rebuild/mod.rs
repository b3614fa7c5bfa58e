//! Builds tables anew, where a database cannot change them in place.

mod copied;
mod renamed;
mod values;

pub(crate) use copied::{Move, move_together};
pub(crate) use renamed::rebuild;
