//! [`LoadsFrom`]: which structs which rows are loaded into.

use super::FromRow;
use metaxy_core::Feature;
use std::marker::PhantomData;

/// A struct that rows of this kind are loaded into: [`InputOf`] a feature, [`RowsOf`] it, or [`AnyRows`].
///
/// `#[derive(metaxy::FeatureInput)]` implements it for what a feature is made from, having compared the columns. The rows of a
/// feature are loaded into its own struct, and rows whose feature is known at run time only into any.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not loaded from `{Rows}`",
    note = "what a feature is made from is loaded into a struct with `#[derive(metaxy::FeatureInput)]` and `#[metaxy(feature = …)]`, \
            its own rows into its own struct, with `#[derive(metaxy::FromRow)]`",
    note = "`untyped()` makes it a set that any struct with `#[derive(metaxy::FromRow)]` is loaded from"
)]
pub trait LoadsFrom<Rows>: FromRow {}

/// The rows that samples of the feature `F` are made from: upstream columns, after `rename` and `select`, with versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InputOf<F>(PhantomData<fn() -> F>);

/// Rows of the feature `F`, as they are in its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowsOf<F>(PhantomData<fn() -> F>);

/// Rows of a feature that is known at run time only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnyRows;

/// A feature without dependencies: its samples are given as they are, and come back so.
pub trait IsRoot {}

impl<T: FromRow> LoadsFrom<AnyRows> for T {}

impl<F: Feature + FromRow> LoadsFrom<RowsOf<F>> for F {}

impl<F: IsRoot + FromRow> LoadsFrom<InputOf<F>> for F {}
