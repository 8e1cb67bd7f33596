//! The no-U-turn sampler of M. D. Hoffman and A. Gelman, J. Mach. Learn. Res. 15, 2014. It draws in
//! proportion to the density along the trajectory, and its criterion is that of M. Betancourt,
//! arXiv 1701.02434, 2017, also across neighbouring subtrees, as in Stan.

use super::density::Density;
use super::dynamics::{Dynamics, MOST_ENERGY_ERROR};
use super::point::{sum, Point};
use super::space::Height;
use super::transition::{Divergence, Transition};
use crate::random::Random;

/// Binary tree of successive points of a trajectory, reduced to the numbers that its doubling
/// needs.
#[derive(Debug, Clone)]
struct Tree {
    /// Position of the proposal: the point that is drawn from the points of the tree.
    position: Vec<f64>,
    /// Gradient of the potential at the proposal.
    gradient: Vec<f64>,
    /// Negative log density at the proposal.
    height: Height,
    /// Logarithm of the sum of `exp(H_0 - H)` over the points.
    log_weight: f64,
    /// Sum of the momenta of the points.
    sum: Vec<f64>,
    /// Momentum of the point that was reached first.
    first: Vec<f64>,
    /// Momentum of the point that was reached last.
    last: Vec<f64>,
}

impl Tree {
    /// Memory for a tree.
    fn new(unknowns: usize) -> Self {
        let zeros = vec![0.0; unknowns];
        Tree {
            position: zeros.clone(),
            gradient: zeros.clone(),
            height: Height::default(),
            log_weight: f64::NEG_INFINITY,
            sum: zeros.clone(),
            first: zeros.clone(),
            last: zeros,
        }
    }

    /// Makes this the tree of a single point.
    fn plant(&mut self, point: &Point, log_weight: f64) {
        self.stand(point);
        self.log_weight = log_weight;
        self.sum.copy_from_slice(&point.momentum);
        self.first.copy_from_slice(&point.momentum);
        self.last.copy_from_slice(&point.momentum);
    }

    /// Makes a point the proposal of this tree.
    fn stand(&mut self, point: &Point) {
        self.position.copy_from_slice(&point.position);
        self.gradient.copy_from_slice(&point.gradient);
        self.height = point.height;
    }

    /// Makes the proposal of another tree that of this one. The other tree then has none.
    fn take_point(&mut self, other: &mut Tree) {
        std::mem::swap(&mut self.position, &mut other.position);
        std::mem::swap(&mut self.gradient, &mut other.gradient);
        self.height = other.height;
    }

    /// Adds the neighbouring tree that follows in the direction of the trajectory.
    fn append(&mut self, next: &mut Tree) {
        std::mem::swap(&mut self.last, &mut next.last);
        self.add(next);
    }

    /// Adds the neighbouring tree that was built from the first end, away from this tree.
    fn prepend(&mut self, next: &mut Tree) {
        std::mem::swap(&mut self.first, &mut next.last);
        self.add(next);
    }

    /// Adds weights and momenta of another tree.
    fn add(&mut self, other: &Tree) {
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
struct Figures {
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
    whole: Tree,
    /// For every depth, the tree that is being built beside another.
    trees: Vec<Tree>,
    /// Ends of the trajectory, forward and backward in time.
    ends: [Point; 2],
}

impl Nuts {
    /// Memory for trees of at most `most_depth` doublings.
    pub fn new(unknowns: usize, most_depth: u32) -> Self {
        Nuts {
            whole: Tree::new(unknowns),
            trees: vec![Tree::new(unknowns); most_depth as usize],
            ends: [Point::new(unknowns), Point::new(unknowns)],
        }
    }

    /// One transition from `current`, with the momentum drawn anew.
    pub fn transition<T: Density>(
        &mut self,
        dynamics: &mut Dynamics<T>,
        current: &mut Point,
        step: f64,
        random: &mut Random,
    ) -> Transition {
        dynamics.draw_momentum(current, random);
        let mut figures = Figures {
            energy: dynamics.energy(current),
            ..Figures::default()
        };
        let [forward, backward] = &mut self.ends;
        forward.copy_from(current);
        backward.copy_from(current);
        let whole = &mut self.whole;
        whole.plant(current, 0.0);
        let mut depth = 0;
        while depth < self.trees.len() {
            let Some((new, rest)) = self.trees[..=depth].split_last_mut() else {
                break;
            };
            let ahead = random.uniform([0.0, 1.0]) > 0.5;
            let (end, step) = match ahead {
                true => (&mut *forward, step),
                false => (&mut *backward, -step),
            };
            if !build(dynamics, end, step, new, rest, random, &mut figures) {
                break;
            }
            depth += 1;
            // Progressive sampling, biased towards the new half: it keeps the distribution and
            // moves further.
            if random.uniform([0.0, 1.0]) < libm::exp(new.log_weight - whole.log_weight) {
                whole.take_point(new);
            }
            let variances = &dynamics.variances;
            let turns = match ahead {
                true => turns(variances, [&whole.first, &whole.last], &whole.sum, new),
                false => turns(variances, [&whole.last, &whole.first], &whole.sum, new),
            };
            match ahead {
                true => whole.append(new),
                false => whole.prepend(new),
            }
            if turns {
                break;
            }
        }
        current.position.copy_from_slice(&whole.position);
        current.gradient.copy_from_slice(&whole.gradient);
        current.height = whole.height;
        Transition {
            log_density: -current.height.value,
            energy: figures.energy,
            acceptance: figures.acceptance / f64::from(figures.points.max(1)),
            step_size: step,
            tree_depth: depth as u32,
            steps: 0,
            divergence: figures.divergence,
        }
    }
}

/// Tells whether a trajectory makes a U-turn: as a whole, or either of its parts together with the
/// nearest point of the other. `[outer, inner]` are the momenta at the ends of the older part, the
/// inner one next to the first point of the new part.
fn turns(variances: &[f64], [outer, inner]: [&[f64]; 2], older: &[f64], new: &Tree) -> bool {
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
fn build<T: Density>(
    dynamics: &mut Dynamics<T>,
    end: &mut Point,
    step: f64,
    tree: &mut Tree,
    spare: &mut [Tree],
    random: &mut Random,
    figures: &mut Figures,
) -> bool {
    let Some((next, spare)) = spare.split_last_mut() else {
        return grow(dynamics, end, step, tree, figures);
    };
    if !build(dynamics, end, step, tree, spare, random, figures) {
        return false;
    }
    if !build(dynamics, end, step, next, spare, random, figures) {
        return false;
    }
    let both = log_add(tree.log_weight, next.log_weight);
    if random.uniform([0.0, 1.0]) < libm::exp(next.log_weight - both) {
        tree.take_point(next);
    }
    let variances = &dynamics.variances;
    let turns = turns(variances, [&tree.first, &tree.last], &tree.sum, next);
    tree.append(next);
    !turns
}

/// Builds the tree of a single point by one step from `end`. Returns false if the step diverges.
fn grow<T: Density>(
    dynamics: &mut Dynamics<T>,
    end: &mut Point,
    step: f64,
    tree: &mut Tree,
    figures: &mut Figures,
) -> bool {
    figures.points += 1;
    let (error, cause) = match dynamics.step(end, step) {
        Ok(()) => (dynamics.energy(end) - figures.energy, None),
        Err(cause) => (f64::INFINITY, cause),
    };
    let error = if error.is_nan() { f64::INFINITY } else { error };
    if error > MOST_ENERGY_ERROR {
        figures.divergence = Some(dynamics.divergence(error, cause));
        return false;
    }
    figures.acceptance += libm::exp(-error).min(1.0);
    tree.plant(end, -error);
    true
}
