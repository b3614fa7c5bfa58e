//! Nothing: the cases are in `cases/`, one folder for each topic, and `tests/ui.rs` runs them.
//!
//! They are a package of their own because what the compiler lists in its notes depends on the features of `metaxy`: here
//! there are none.
