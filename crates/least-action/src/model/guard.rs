//! Adjoints under conditions. The branch that is not taken may have infinite slopes, and zero times
//! infinity is not zero: so each branch's share of an adjoint goes all the way to the leaves by
//! itself, and only there is the valid one selected.

use std::collections::HashMap;

use super::graph::{Graph, NodeId};

/// A conjunction of conditions, as an index into [`Guards`]; `None` is no condition at all.
type Guard = Option<u32>;

/// The guard `parent` with one more condition, which holds or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Narrower {
    parent: Guard,
    condition: NodeId,
    holds: bool,
}

/// All guards that one derivative has met, each stored once.
#[derive(Default)]
pub(super) struct Guards {
    all: Vec<Narrower>,
    known: HashMap<Narrower, u32>,
}

/// A sum of terms, each of which counts only where its guard holds.
#[derive(Debug, Clone, Default)]
pub(super) struct Parts(Vec<(Guard, NodeId)>);

/// Number of terms beyond which those under conditions are joined: few models come near it, and no
/// model's graph can then explode.
const MOST_PARTS: usize = 6;

impl Parts {
    pub fn always(term: NodeId) -> Parts {
        Parts(vec![(None, term)])
    }

    /// Applies `f` to each term and keeps its guard.
    pub fn map(&self, mut f: impl FnMut(NodeId) -> NodeId) -> Parts {
        Parts(
            self.0
                .iter()
                .map(|&(guard, term)| (guard, f(term)))
                .collect(),
        )
    }
}

impl Guards {
    /// Puts all terms under one more condition.
    pub fn narrow(&mut self, parts: &Parts, condition: NodeId, holds: bool) -> Parts {
        let narrowed = parts.0.iter().map(|&(parent, term)| {
            let guard = Narrower {
                parent,
                condition,
                holds,
            };
            (Some(self.intern(guard)), term)
        });
        Parts(narrowed.collect())
    }

    fn intern(&mut self, guard: Narrower) -> u32 {
        let next = self.all.len() as u32;
        let id = *self.known.entry(guard).or_insert(next);
        if id == next {
            self.all.push(guard);
        }
        id
    }

    /// Adds `terms` to `sum`.
    pub fn add(&mut self, graph: &mut Graph, sum: &mut Parts, terms: &Parts) {
        for &(guard, term) in &terms.0 {
            if graph.value(term) != Some(0.0) {
                self.insert(graph, sum, guard, term);
            }
        }
        if sum.0.len() > MOST_PARTS {
            let total = self.total(graph, sum);
            *sum = Parts::always(total);
        }
    }

    fn insert(&mut self, graph: &mut Graph, sum: &mut Parts, mut guard: Guard, mut term: NodeId) {
        loop {
            if let Some(place) = sum.0.iter().position(|&(other, _)| other == guard) {
                let (_, present) = sum.0.swap_remove(place);
                term = graph.add(present, term);
            }
            // Both branches of a condition are together what the condition itself was under.
            let Some(opposite) = self.opposite(guard) else {
                break;
            };
            let Some(place) = sum.0.iter().position(|&(other, _)| other == Some(opposite)) else {
                break;
            };
            let (_, other) = sum.0.swap_remove(place);
            (guard, term) = self.join(graph, opposite, other, term);
        }
        sum.0.push((guard, term));
    }

    fn opposite(&self, guard: Guard) -> Option<u32> {
        let guard = self.all[guard? as usize];
        let opposite = Narrower {
            holds: !guard.holds,
            ..guard
        };
        self.known.get(&opposite).copied()
    }

    /// Selects `term` where `guard` holds, and `otherwise` where only its parent does.
    fn join(
        &self,
        graph: &mut Graph,
        guard: u32,
        term: NodeId,
        otherwise: NodeId,
    ) -> (Guard, NodeId) {
        let guard = self.all[guard as usize];
        let joined = if guard.holds {
            graph.select(guard.condition, term, otherwise)
        } else {
            graph.select(guard.condition, otherwise, term)
        };
        (guard.parent, joined)
    }

    /// Sums all terms whose guards hold.
    pub fn total(&self, graph: &mut Graph, parts: &Parts) -> NodeId {
        let zero = graph.constant(0.0);
        let mut total = zero;
        for &(mut guard, mut term) in &parts.0 {
            while let Some(narrower) = guard {
                (guard, term) = self.join(graph, narrower, term, zero);
            }
            total = graph.add(total, term);
        }
        total
    }
}
