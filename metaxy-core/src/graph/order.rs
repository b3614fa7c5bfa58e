//! Walks over the graph, without recursion: a chain may be as long as memory allows.

use crate::{FeatureDefinition, FeatureKey};
use indexmap::IndexMap;
use std::collections::HashSet;

/// All features, upstream before downstream: depth first, roots and dependencies sorted by the text of their keys.
///
/// `on_cycle` gets each cycle that is met; of cycles that share a feature, one.
pub(super) fn topological(
    definitions: &IndexMap<FeatureKey, FeatureDefinition>,
    upstream: &[Vec<Option<usize>>],
    on_cycle: impl FnMut(&[usize]),
) -> Vec<usize> {
    let mut roots: Vec<usize> = (0..definitions.len()).collect();
    roots.sort_unstable_by_key(|&at| definitions[at].spec.key.as_str());
    let mut rank = vec![0; roots.len()];
    roots.iter().enumerate().for_each(|(place, &at)| rank[at] = place);
    let next = |at: usize| {
        let mut next: Vec<usize> = upstream[at].iter().flatten().copied().collect();
        next.sort_unstable_by_key(|&it| rank[it]);
        next
    };
    post_order(definitions.len(), roots, next, on_cycle)
}

/// The features that are reached from `sources`, without these, upstream before downstream.
pub(super) fn downstream(sources: &[usize], downstream: &[&[usize]]) -> Vec<usize> {
    let next = |at: usize| downstream[at].to_vec();
    let mut reached = post_order(downstream.len(), sources.iter().copied(), next, |_| {});
    reached.reverse();
    let sources: HashSet<_> = sources.iter().collect();
    reached.retain(|at| !sources.contains(at));
    reached
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Unseen,
    Open,
    Done,
}

/// A node on the way from the root of the walk to where it is.
struct Visit {
    at: usize,
    next: std::vec::IntoIter<usize>,
}

/// The nodes in the order in which a depth-first walk leaves them.
fn post_order(
    len: usize,
    roots: impl IntoIterator<Item = usize>,
    next: impl Fn(usize) -> Vec<usize>,
    mut on_cycle: impl FnMut(&[usize]),
) -> Vec<usize> {
    let mut states = vec![State::Unseen; len];
    let mut in_cycle = vec![false; len];
    let mut left = Vec::with_capacity(len);
    let mut path: Vec<Visit> = Vec::new();
    for root in roots {
        let mut entered = Some(root);
        loop {
            match entered.map(|at| (at, states[at])) {
                Some((at, State::Unseen)) => {
                    states[at] = State::Open;
                    path.push(Visit { at, next: next(at).into_iter() });
                }
                Some((at, State::Open)) if !in_cycle[at] => {
                    let path: Vec<usize> = path.iter().map(|visit| visit.at).collect();
                    let start =
                        path.iter().position(|&it| it == at).expect("an open node is on the path");
                    path[start..].iter().for_each(|&it| in_cycle[it] = true);
                    on_cycle(&path[start..]);
                }
                _ => {}
            }
            let Some(here) = path.last_mut() else { break };
            entered = here.next.next();
            if entered.is_none() {
                states[here.at] = State::Done;
                left.push(here.at);
                path.pop();
            }
        }
    }
    left
}
