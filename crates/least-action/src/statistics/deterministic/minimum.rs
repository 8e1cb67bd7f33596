//! Minimum of the negative log posterior under the strong constraint, by Gauss-Newton steps of the
//! whole path.

use super::information::Information;
use super::posterior::StrongPosterior;
use crate::error::{check, Result};

/// Minimum that a search has led to.
#[derive(Debug, Clone, PartialEq)]
pub struct StrongMinimum {
    /// Path, points x dimension, then the estimated parameters.
    pub unknowns: Vec<f64>,
    /// Negative log posterior, up to a constant.
    pub value: f64,
    /// Fall of the value that another step predicts.
    pub decrease: f64,
    /// Number of steps.
    pub iterations: usize,
    /// True if no step would change the value by more than rounding, and the path obeys the model.
    pub converged: bool,
    /// Change of the value, at most, that would bring the path to the model; 0 where the path obeys
    /// it to rounding.
    pub violation: f64,
}

impl StrongMinimum {
    /// Fall of the value, at most, that is left to the minimum of the quadratic model along paths
    /// that obey the model.
    pub fn left(&self) -> f64 {
        self.decrease + self.violation
    }

    /// True if what is left to the minimum matters for no deviation and no chi-square.
    pub fn is_reached(&self) -> bool {
        self.converged || self.left() <= LEFT
    }
}

/// Fall of the value that may be left to a minimum: a hundredth of a standard deviation.
const LEFT: f64 = 1e-4;
/// Predicted fall of the value, relative to 1 or to the value, at which a minimum is reached.
const TOLERANCE: f64 = 1e-11;
/// Predicted fall up to which a minimum counts as reached if no step brings it.
const NEARLY: f64 = 1e-8;
/// Size of the corrections that bring a path to the model, relative to the largest value of each
/// state, at which it obeys the model.
const OBEYS: f64 = 1e-10;
/// Damping of the first step whose full length is too long; it falls and grows by these factors.
const FIRST_DAMPING: f64 = 1e-4;
const LESS: f64 = 0.1;
const MORE: f64 = 10.0;
/// Most damping, beyond which steps have no length.
const MOST_DAMPING: f64 = 1e12;
/// Damping below which there is none.
const NO_DAMPING: f64 = 1e-8;
/// Number of times that a step is halved before it is damped.
const HALVINGS: usize = 4;
/// Number of corrections of a trial to the model.
const CORRECTIONS: usize = 3;
/// Least share of the predicted fall that a step must bring.
const SUFFICIENT: f64 = 1e-4;
/// Least weight of a correction, relative to the value, for one as large as the state.
const FLOOR: f64 = 1e-2;
/// Rounding of the value, relative to it.
const ROUNDING: f64 = 1e-13;

/// A step of the whole path.
struct Step {
    /// Change of path and parameters at full length.
    change: Vec<f64>,
    /// Fall of the quadratic model along it, from where the path has been brought to the model.
    decrease: f64,
}

/// Point that a search has led to.
struct Reached {
    /// Path, then the parameters.
    at: Vec<f64>,
    value: f64,
    /// Share of the step that led there.
    share: f64,
}

impl StrongPosterior {
    /// Minimises the negative log posterior from a path with parameters that need not obey the
    /// model, such as the end of a climb. Each step is a Gauss-Newton step of the whole path with
    /// the linearised model as a constraint (H. G. Bock, in: Modelling of Chemical Reaction
    /// Systems, 1981), so that a path need not follow from its first state to be a start. Steps are
    /// halved, then damped, until a merit function falls: the value and the weighted corrections to
    /// the model. `held` parameters, by place, keep their values.
    ///
    /// # Errors
    /// A start of the wrong length or at which the action is not finite; [`Error::Singular`] for
    /// implicit steps.
    ///
    /// [`Error::Singular`]: crate::Error::Singular
    pub fn minimize(
        &mut self,
        start: &[f64],
        held: &[usize],
        max_iterations: usize,
    ) -> Result<StrongMinimum> {
        let because = "points x states, then the estimated parameters";
        check::length("start", start.len(), self.layout.unknowns(), because)?;
        let mut at = start.to_vec();
        self.project(&mut at);
        let mut value = self.linearize(&at)?;
        let mut information = self.eliminate()?;
        let (mut damping, mut found) = (0.0, None);
        let first = self.unknowns() - self.layout.parameters;
        let held: Vec<usize> = held.iter().map(|p| first + p).collect();
        for iterations in 0..=max_iterations {
            let gradient = information.gradient();
            let fixed = self.active(&at, &gradient, &held);
            // The full step is what convergence is judged by.
            let full = self.step(&information, &at, &fixed, 0.0);
            let decrease = full.decrease.max(0.0);
            let obeys = self.obeys(&at);
            let converged = obeys && decrease <= TOLERANCE * value.abs().max(1.0);
            let violation = match obeys {
                true => 0.0,
                false => self.violation(&full.change, &at, value),
            };
            found = Some(StrongMinimum {
                unknowns: Vec::new(),
                value,
                decrease,
                iterations,
                converged,
                violation,
            });
            if converged || iterations == max_iterations {
                break;
            }
            let Some(reached) =
                self.search(&information, full, (&at, value), &fixed, &mut damping)?
            else {
                // Rounding hides what is left.
                if let Some(found) = &mut found {
                    found.converged = obeys && decrease <= NEARLY * value.abs().max(1.0);
                }
                break;
            };
            damping = match reached.share {
                1.0 if damping * LESS > NO_DAMPING => damping * LESS,
                1.0 => 0.0,
                s if s < 0.3 => (damping * MORE).max(FIRST_DAMPING),
                _ => damping,
            };
            at = reached.at;
            value = reached.value;
            information = self.eliminate()?;
        }
        // The rows belong to the last point that was tried.
        self.linearize(&at)?;
        let found = found.map(|found| StrongMinimum {
            unknowns: at,
            ..found
        });
        found.ok_or_else(|| crate::Error::OutOfRange {
            path: "maxIterations".into(),
            value: max_iterations as f64,
            expected: "at least 0".into(),
        })
    }

    /// Searches along steps of growing damping for one that lowers the merit function. Returns the
    /// point; none if no step lowers it.
    fn search(
        &mut self,
        information: &Information,
        full: Step,
        (at, value): (&[f64], f64),
        fixed: &[Option<f64>],
        damping: &mut f64,
    ) -> Result<Option<Reached>> {
        let mut step = match *damping > 0.0 {
            true => self.step(information, at, fixed, *damping),
            false => full,
        };
        // The rows of the point itself: those of trials take their place.
        let here = self.rows.clone();
        loop {
            let weights = self.weights(&step.change, at, value);
            let violation = |corrections: &[f64]| -> f64 {
                let each = corrections.iter().zip(&weights);
                each.map(|(e, w)| w * e.abs()).sum()
            };
            let gradient = self.explicit_gradient(None);
            let along = gradient.iter().zip(&step.change);
            let violated = violation(&self.elimination.corrections);
            let slope = along.map(|(g, c)| g * c).sum::<f64>() - violated;
            let merit = value + violated;
            let mut share = 1.0;
            for _ in 0..HALVINGS {
                let change = step.change.iter();
                let mut next: Vec<f64> =
                    at.iter().zip(change).map(|(x, c)| x + share * c).collect();
                self.project(&mut next);
                // A step to where the model has no value is too long.
                for _ in 0..=CORRECTIONS {
                    let Ok(reached) = self.linearize(&next) else {
                        break;
                    };
                    let residuals = &self.rows.groups[0].residuals;
                    let violated = violation(&self.elimination.corrections_of(residuals));
                    let enough = SUFFICIENT * share * slope.min(0.0) + ROUNDING * merit.abs();
                    if reached + violated <= merit + enough {
                        return Ok(Some(Reached {
                            at: next,
                            value: reached,
                            share,
                        }));
                    }
                    // The value itself is too high: no correction to the model will help.
                    if reached > merit + enough || !self.correct(&mut next) {
                        break;
                    }
                }
                share *= 0.5;
            }
            self.rows.clone_from(&here);
            *damping = (*damping * MORE).max(FIRST_DAMPING);
            if *damping > MOST_DAMPING {
                return Ok(None);
            }
            step = self.step(information, at, fixed, *damping);
        }
    }

    /// Brings a path, where the action was last linearised, nearer to the model by a Newton step
    /// with its first states and parameters kept: the bend of the model along a long step is no
    /// reason to shorten it. False if there is no such step.
    fn correct(&self, at: &mut [f64]) -> bool {
        let mut steps = self.elimination.clone();
        let problem = self.action.problem();
        if steps.fill(problem, &self.rows.groups[0]).is_err() {
            return false;
        }
        let mut change = vec![0.0; self.layout.path_length()];
        steps.propagate(1.0, &mut change, &vec![0.0; self.layout.parameters]);
        at.iter_mut().zip(&change).for_each(|(x, c)| *x += c);
        change.iter().all(|c| c.is_finite())
    }

    /// Step with damping, within the bounds of first states and parameters.
    fn step(
        &self,
        information: &Information,
        at: &[f64],
        fixed: &[Option<f64>],
        damping: f64,
    ) -> Step {
        let sizes = information.sizes();
        let root = damping.sqrt();
        let roots: Vec<f64> = sizes.iter().map(|size| root * size).collect();
        let unknowns = self.reduced(at);
        let mut fixed = fixed.to_vec();
        let mut step;
        loop {
            let triangle = information.triangle(&fixed, &roots);
            step = triangle.step(&fixed);
            let Some(bounds) = &self.bounds else { break };
            let mut beyond = false;
            for k in 0..step.len() {
                let end = unknowns[k] + step[k];
                let inside = end.max(bounds.lower[k]).min(bounds.upper[k]);
                if fixed[k].is_none() && inside != end {
                    fixed[k] = Some(inside - unknowns[k]);
                    beyond = true;
                }
            }
            if !beyond {
                break;
            }
        }
        let (d, path) = (self.layout.dimension, self.layout.path_length());
        let mut change = vec![0.0; self.layout.unknowns()];
        for (set, points) in self.elimination.sets.iter().enumerate() {
            change[points.start * d..][..d].copy_from_slice(&step[set * d..][..d]);
        }
        let (states, parameters) = change.split_at_mut(path);
        parameters.copy_from_slice(&step[self.elimination.sets.len() * d..]);
        self.elimination.propagate(1.0, states, parameters);
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        Step {
            decrease: -dot(&information.gradient(), &step)
                - 0.5 * dot(&information.multiply(&step), &step),
            change,
        }
    }

    /// Held unknowns, and those at bounds beyond which the value falls, with no change.
    fn active(&self, at: &[f64], gradient: &[f64], held: &[usize]) -> Vec<Option<f64>> {
        let mut active = vec![false; gradient.len()];
        if let Some(bounds) = &self.bounds {
            bounds.mark_active(&self.reduced(at), gradient, &mut active);
        }
        held.iter().for_each(|&k| active[k] = true);
        active.into_iter().map(|held| held.then_some(0.0)).collect()
    }

    /// Moves first states and parameters into their bounds.
    fn project(&self, at: &mut [f64]) {
        let Some(bounds) = &self.bounds else { return };
        let mut unknowns = self.reduced(at);
        if !bounds.project(&mut unknowns) {
            return;
        }
        let (d, path) = (self.layout.dimension, self.layout.path_length());
        for (set, points) in self.elimination.sets.iter().enumerate() {
            at[points.start * d..][..d].copy_from_slice(&unknowns[set * d..][..d]);
        }
        at[path..].copy_from_slice(&unknowns[self.elimination.sets.len() * d..]);
    }

    /// Largest absolute value of each state along a path.
    fn scales(&self, at: &[f64]) -> Vec<f64> {
        let d = self.layout.dimension;
        let mut scales = vec![f64::MIN_POSITIVE; d];
        for state in at[..self.layout.path_length()].chunks_exact(d) {
            for (scale, x) in scales.iter_mut().zip(state) {
                *scale = scale.max(x.abs());
            }
        }
        scales
    }

    /// Weighted corrections of the path to the model, in units of the value.
    fn violation(&self, change: &[f64], at: &[f64], value: f64) -> f64 {
        let weights = self.weights(change, at, value);
        let corrections = self.elimination.corrections.iter();
        corrections.zip(&weights).map(|(e, w)| w * e.abs()).sum()
    }

    /// True if the corrections of the path are rounding.
    fn obeys(&self, at: &[f64]) -> bool {
        let scales = self.scales(at);
        let corrections = self.elimination.corrections.iter();
        let mut each = corrections.zip(scales.iter().cycle());
        each.all(|(e, scale)| e.abs() <= OBEYS * scale)
    }

    /// Weight of each correction in the merit function: more than what it changes in the value
    /// after a step with linear rows, which is its Lagrange multiplier there.
    fn weights(&self, change: &[f64], at: &[f64], value: f64) -> Vec<f64> {
        let d = self.layout.dimension;
        let mut gradient = self.explicit_gradient(Some(change));
        let (path, parameters) = gradient.split_at_mut(self.layout.path_length());
        self.elimination.accumulate(path, parameters);
        let scales = self.scales(at);
        let floor = |i: usize| FLOOR * value.abs().max(1.0) / scales[i];
        // Corrections are those of all points but the first of each data set.
        let sets = self.elimination.sets.iter();
        let later = sets.flat_map(|set| (set.start + 1) * d..set.end * d);
        later.map(|k| 2.0 * path[k].abs() + floor(k % d)).collect()
    }
}
