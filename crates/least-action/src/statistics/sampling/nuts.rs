//! The no-U-turn sampler of M. D. Hoffman and A. Gelman, J. Mach. Learn. Res. 15, 2014. It draws in
//! proportion to the density along the trajectory, and its criterion is that of M. Betancourt,
//! arXiv 1701.02434, 2017, also across neighbouring subtrees, as in Stan.

use super::density::Density;
use super::dynamics::{Dynamics, MOST_ENERGY_ERROR};
use super::sampling_point::{sum, SamplingPoint};
use super::space::NegativeLogDensity;
use super::transition::{Divergence, Transition};
use crate::random::Random;

/// Binary tree of successive points of a trajectory, reduced to the numbers that its doubling
/// needs.
#[derive(Debug, Clone)]
struct TrajectoryTree {
    /// Position of the proposal: the point that is drawn from the points of the tree.
    position: Vec<f64>,
    /// Gradient of the potential at the proposal.
    gradient: Vec<f64>,
    /// Negative log density at the proposal.
    density: NegativeLogDensity,
    /// Logarithm of the sum of `exp(H_0 - H)` over the points.
    log_weight: f64,
    /// Sum of the momenta of the points.
    sum: Vec<f64>,
    /// Momentum of the point that was reached first.
    first: Vec<f64>,
    /// Momentum of the point that was reached last.
    last: Vec<f64>,
}

impl TrajectoryTree {
    /// Memory for a tree.
    fn new(unknowns: usize) -> Self {
        let zeros = vec![0.0; unknowns];
        TrajectoryTree {
            position: zeros.clone(),
            gradient: zeros.clone(),
            density: NegativeLogDensity::default(),
            log_weight: f64::NEG_INFINITY,
            sum: zeros.clone(),
            first: zeros.clone(),
            last: zeros,
        }
    }

    /// Makes this the tree of a single point.
    fn set_single_point(&mut self, point: &SamplingPoint, log_weight: f64) {
        self.set_proposal(point);
        self.log_weight = log_weight;
        self.sum.copy_from_slice(&point.momentum);
        self.first.copy_from_slice(&point.momentum);
        self.last.copy_from_slice(&point.momentum);
    }

    /// Makes a point the proposal of this tree.
    fn set_proposal(&mut self, point: &SamplingPoint) {
        self.position.copy_from_slice(&point.position);
        self.gradient.copy_from_slice(&point.gradient);
        self.density = point.density;
    }

    /// Makes the proposal of another tree that of this one. The other tree then has none.
    fn take_proposal(&mut self, other: &mut TrajectoryTree) {
        std::mem::swap(&mut self.position, &mut other.position);
        std::mem::swap(&mut self.gradient, &mut other.gradient);
        self.density = other.density;
    }

    /// Adds the neighbouring tree that follows in the direction of the trajectory.
    fn append(&mut self, next: &mut TrajectoryTree) {
        std::mem::swap(&mut self.last, &mut next.last);
        self.add(next);
    }

    /// Adds the neighbouring tree that was built from the first end, away from this tree.
    fn prepend(&mut self, next: &mut TrajectoryTree) {
        std::mem::swap(&mut self.first, &mut next.last);
        self.add(next);
    }

    /// Adds weights and momenta of another tree.
    fn add(&mut self, other: &TrajectoryTree) {
        for (sum, other) in self.sum.iter_mut().zip(&other.sum) {
            *sum += other;
        }
        self.log_weight = log_add(self.log_weight, other.log_weight);
    }
}

/// Logarithm of a sum, `log(exp(a) + exp(b))`.
fn log_add(a: f64, b: f64) -> f64 {
    let (low, high) = (a.min(b), a.max(b));
    match high == f64::NEG_INFINITY {
        true => high,
        false => high + libm::log1p(libm::exp(low - high)),
    }
}

/// Statistics of all points of a trajectory, those of discarded subtrees included.
#[derive(Debug, Default)]
struct TrajectoryStatistics {
    /// Energy at the start.
    energy: f64,
    /// Number of points but the start.
    points: u32,
    /// Sum of the probabilities with which the points would be accepted.
    acceptance: f64,
    /// Divergence that ended the trajectory, if one did.
    divergence: Option<Divergence>,
}

/// The no-U-turn sampler with its memory: O(depth x unknowns), allocated once.
pub(super) struct Nuts {
    /// Tree of the whole trajectory.
    trajectory: TrajectoryTree,
    /// For every depth, the tree that is being built beside another.
    subtrees: Vec<TrajectoryTree>,
    /// Ends of the trajectory, forward and backward in time.
    ends: [SamplingPoint; 2],
}

impl Nuts {
    /// Memory for trees of at most `most_depth` doublings.
    pub fn new(unknowns: usize, most_depth: u32) -> Self {
        Nuts {
            trajectory: TrajectoryTree::new(unknowns),
            subtrees: vec![TrajectoryTree::new(unknowns); most_depth as usize],
            ends: [SamplingPoint::new(unknowns), SamplingPoint::new(unknowns)],
        }
    }

    /// One transition from `current`, with the momentum drawn anew.
    pub fn transition<T: Density>(
        &mut self,
        dynamics: &mut Dynamics<T>,
        current: &mut SamplingPoint,
        step: f64,
        random: &mut Random,
    ) -> Transition {
        dynamics.draw_momentum(current, random);
        let mut statistics = TrajectoryStatistics {
            energy: dynamics.energy(current),
            ..TrajectoryStatistics::default()
        };
        let [forward, backward] = &mut self.ends;
        forward.copy_from(current);
        backward.copy_from(current);
        let trajectory = &mut self.trajectory;
        trajectory.set_single_point(current, 0.0);
        let mut depth = 0;
        while depth < self.subtrees.len() {
            let Some((new, rest)) = self.subtrees[..=depth].split_last_mut() else {
                break;
            };
            let ahead = random.uniform([0.0, 1.0]) > 0.5;
            let (end, step) = match ahead {
                true => (&mut *forward, step),
                false => (&mut *backward, -step),
            };
            if !build_tree(dynamics, end, step, new, rest, random, &mut statistics) {
                break;
            }
            depth += 1;
            // Progressive sampling, biased towards the new half: it keeps the distribution and
            // moves further.
            if random.uniform([0.0, 1.0]) < libm::exp(new.log_weight - trajectory.log_weight) {
                trajectory.take_proposal(new);
            }
            let variances = &dynamics.variances;
            let turned = match ahead {
                true => makes_u_turn(
                    variances,
                    [&trajectory.first, &trajectory.last],
                    &trajectory.sum,
                    new,
                ),
                false => makes_u_turn(
                    variances,
                    [&trajectory.last, &trajectory.first],
                    &trajectory.sum,
                    new,
                ),
            };
            match ahead {
                true => trajectory.append(new),
                false => trajectory.prepend(new),
            }
            if turned {
                break;
            }
        }
        current.position.copy_from_slice(&trajectory.position);
        current.gradient.copy_from_slice(&trajectory.gradient);
        current.density = trajectory.density;
        Transition {
            log_density: -current.density.value,
            energy: statistics.energy,
            acceptance: statistics.acceptance / f64::from(statistics.points.max(1)),
            step_size: step,
            tree_depth: depth as u32,
            steps: 0,
            divergence: statistics.divergence,
        }
    }
}

/// Tells whether a trajectory makes a U-turn: as a whole, or either of its parts together with the
/// nearest point of the other. `[outer, inner]` are the momenta at the ends of the older part, the
/// inner one next to the first point of the new part.
fn makes_u_turn(
    variances: &[f64],
    [outer, inner]: [&[f64]; 2],
    older: &[f64],
    new: &TrajectoryTree,
) -> bool {
    let n = variances.len();
    let (new_sum, first, last) = (&new.sum[..n], &new.first[..n], &new.last[..n]);
    let (outer, inner, older) = (&outer[..n], &inner[..n], &older[..n]);
    // Velocities at both ends along the displacement of the trajectory.
    let ahead = |p: &[f64], q: &[f64], along: &dyn Fn(usize) -> f64| {
        sum(n, |k| variances[k] * p[k] * along(k)) > 0.0
            && sum(n, |k| variances[k] * q[k] * along(k)) > 0.0
    };
    !(ahead(outer, last, &|k| older[k] + new_sum[k])
        && ahead(outer, first, &|k| older[k] + first[k])
        && ahead(inner, last, &|k| new_sum[k] + inner[k]))
}

/// Builds `tree` from `end` by `2^k` steps, where k is the number of `spare` trees. Returns false
/// if it diverges or makes a U-turn, so that none of its points may be drawn.
fn build_tree<T: Density>(
    dynamics: &mut Dynamics<T>,
    end: &mut SamplingPoint,
    step: f64,
    tree: &mut TrajectoryTree,
    spare: &mut [TrajectoryTree],
    random: &mut Random,
    statistics: &mut TrajectoryStatistics,
) -> bool {
    let Some((next, spare)) = spare.split_last_mut() else {
        return build_leaf(dynamics, end, step, tree, statistics);
    };
    if !build_tree(dynamics, end, step, tree, spare, random, statistics) {
        return false;
    }
    if !build_tree(dynamics, end, step, next, spare, random, statistics) {
        return false;
    }
    let both = log_add(tree.log_weight, next.log_weight);
    if random.uniform([0.0, 1.0]) < libm::exp(next.log_weight - both) {
        tree.take_proposal(next);
    }
    let variances = &dynamics.variances;
    let turned = makes_u_turn(variances, [&tree.first, &tree.last], &tree.sum, next);
    tree.append(next);
    !turned
}

/// Builds the tree of a single point by one step from `end`. Returns false if the step diverges.
fn build_leaf<T: Density>(
    dynamics: &mut Dynamics<T>,
    end: &mut SamplingPoint,
    step: f64,
    tree: &mut TrajectoryTree,
    statistics: &mut TrajectoryStatistics,
) -> bool {
    statistics.points += 1;
    let (error, cause) = match dynamics.step(end, step) {
        Ok(()) => (dynamics.energy(end) - statistics.energy, None),
        Err(cause) => (f64::INFINITY, cause),
    };
    let error = if error.is_nan() { f64::INFINITY } else { error };
    if error > MOST_ENERGY_ERROR {
        statistics.divergence = Some(dynamics.divergence(error, cause));
        return false;
    }
    statistics.acceptance += libm::exp(-error).min(1.0);
    tree.set_single_point(end, -error);
    true
}
