//! [`Dice`]: what an edit draws its choices from.

use crate::forms::{Forms, forms};
use metaxy_diesel::{Backend, Dialect};

/// Numbers that choices are drawn from, and the database that the choices are for.
pub struct Dice<'a> {
    pub dialect: &'static Dialect,
    pub forms: &'static Forms,
    numbers: std::iter::Cycle<std::slice::Iter<'a, u8>>,
}

impl<'a> Dice<'a> {
    pub fn new(backend: Backend, numbers: &'a [u8]) -> Self {
        let (dialect, forms) = (backend.dialect(), forms(backend));
        Self { dialect, forms, numbers: numbers.iter().cycle() }
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::from(*self.numbers.next().expect("there are numbers")) % end.max(1)
    }

    /// True once in so many times; a failing case is made smaller towards false.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    /// One of these; `None` where there is none.
    pub fn one<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        let at = self.below(of.len());
        of.get(at).cloned()
    }

    /// At least one, and at most so many of these, in any order.
    pub fn some<T: Clone>(&mut self, of: &[T], most: usize) -> Vec<T> {
        let (mut rest, mut some) = (of.to_vec(), Vec::new());
        for _ in 0..=self.below(most) {
            if !rest.is_empty() {
                some.push(rest.remove(self.below(rest.len())));
            }
        }
        some
    }
}
