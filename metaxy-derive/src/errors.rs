//! [`Errors`]: all that is wrong with one struct, so that all of it is reported at once.

use proc_macro2::Span;
use std::fmt::Display;

/// The errors found so far.
#[derive(Default)]
pub struct Errors(Option<syn::Error>);

impl Errors {
    /// Adds an error.
    pub fn push(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            empty => *empty = Some(error),
        }
    }

    /// Adds an error at a place.
    pub fn at(&mut self, span: Span, message: impl Display) {
        self.push(syn::Error::new(span, message));
    }

    /// Adds all errors of another list.
    pub fn merge(&mut self, other: Self) {
        if let Some(error) = other.0 {
            self.push(error);
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// What they say.
    #[cfg(test)]
    pub fn messages(self) -> Vec<String> {
        self.0.into_iter().flatten().map(|it| it.to_string()).collect()
    }

    /// `compile_error!` for each of them.
    pub fn to_compile_errors(&self) -> proc_macro2::TokenStream {
        self.0.as_ref().map(syn::Error::to_compile_error).unwrap_or_default()
    }
}
