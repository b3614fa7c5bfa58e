//! The macros of metaxy.
