//! The line search of J. J. Moré and D. J. Thuente, ACM TOMS 20, 1994, begun at a length that suits
//! the direction.
//!
//! argmin's own begins every search at 1, which suits quasi-Newton directions only.

use std::cell::Cell;
use std::rc::Rc;

use argmin::core::{CostFunction, Gradient, LineSearch, Problem, Solver, State, KV};
use argmin::solver::linesearch::MoreThuenteLineSearch;

use super::session::{Answer, Iterate, Vector};

/// How long the first step along a direction is.
#[derive(Clone)]
pub enum FirstStep {
    /// So long that, if the function were the quadratic that fell along the last direction as it
    /// did, the new minimum is hit: J. Nocedal and S. J. Wright, Numerical Optimization, 2006,
    /// section 3.5. Holds the value at the last beginning; the direction itself the first time.
    AsBefore(Rc<Cell<Option<f64>>>),
    /// The direction itself, but no further than the point's own length; along the plain gradient
    /// this share of that length. What the direction promises is left in the cell.
    Newton { share: f64, promise: Rc<Cell<f64>> },
}

/// Moré and Thuente's search with a [`FirstStep`].
#[derive(Clone)]
pub struct Search {
    search: MoreThuenteLineSearch<Vector, Vector, f64>,
    direction: Vector,
    first: FirstStep,
}

impl Search {
    /// `slope`: the search ends where the directional derivative has fallen to this share.
    pub fn new(first: FirstStep, slope: f64) -> Self {
        // Both calls fail only for values that these are not; no absolute lower limit of the step:
        // its unit is the direction's.
        let search = MoreThuenteLineSearch::new();
        let search = search.with_c(1e-4, slope).unwrap_or_default();
        let search = search.with_bounds(0.0, f64::INFINITY).unwrap_or_default();
        Search {
            search,
            direction: Vector::zeros(0),
            first,
        }
    }

    fn first_length(&self, state: &Iterate) -> f64 {
        let (Some(point), Some(gradient)) = (state.get_param(), state.get_gradient()) else {
            return 1.0;
        };
        match &self.first {
            FirstStep::AsBefore(last) => {
                let value = state.get_cost();
                let slope = gradient.dot(&self.direction);
                last.replace(Some(value))
                    .map_or(1.0, |before| 2.0 * (value - before) / slope)
            }
            FirstStep::Newton { share, promise } => {
                let size = point.norm();
                let room = if size > 0.0 { size } else { 1.0 } / self.direction.norm();
                let plain = self
                    .direction
                    .iter()
                    .zip(gradient.iter())
                    .all(|(d, g)| *d == -*g);
                if plain {
                    return share * room;
                }
                promise.set(-0.5 * gradient.dot(&self.direction));
                room.min(1.0)
            }
        }
    }
}

impl LineSearch<Vector, f64> for Search {
    fn search_direction(&mut self, direction: Vector) {
        self.direction = direction.clone();
        self.search.search_direction(direction);
    }

    fn initial_step_length(&mut self, length: f64) -> Answer<()> {
        self.search.initial_step_length(length)
    }
}

impl<O> Solver<O, Iterate> for Search
where
    O: CostFunction<Param = Vector, Output = f64> + Gradient<Param = Vector, Gradient = Vector>,
{
    fn name(&self) -> &str {
        "Moré-Thuente line search"
    }

    fn init(&mut self, problem: &mut Problem<O>, state: Iterate) -> Answer<(Iterate, Option<KV>)> {
        let length = self.first_length(&state);
        if length > 0.0 && length.is_finite() {
            self.search.initial_step_length(length)?;
        }
        self.search.init(problem, state)
    }

    fn next_iter(
        &mut self,
        problem: &mut Problem<O>,
        state: Iterate,
    ) -> Answer<(Iterate, Option<KV>)> {
        self.search.next_iter(problem, state)
    }
}
