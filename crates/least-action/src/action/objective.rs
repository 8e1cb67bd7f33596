//! Action as the objective of a minimiser: a function of the path and the estimated parameters,
//! each divided by its scale.

use crate::action::Action;

use crate::error::{Error, Result};
use crate::solve::{BlockMatrix, Bounds, Layout, LeastSquares, Linearization, Objective, RowGroup};

/// Scales that state components and estimated parameters are divided by, for minimisers that depend
/// on units.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scales {
    /// Scales of the state components, one each, equal at all times.
    pub states: Vec<f64>,
    pub parameters: Vec<f64>,
}

impl Scales {
    /// Scales of one, for minimisers that do not depend on units.
    pub fn none(dimension: usize, parameters: usize) -> Self {
        Scales {
            states: vec![1.0; dimension],
            parameters: vec![1.0; parameters],
        }
    }

    /// Typical sizes of states and parameters, rounded to powers of two, so that a division by them
    /// rounds nothing.
    pub fn of(path: &[f64], dimension: usize, parameters: &[f64]) -> Self {
        let mut squares = vec![0.0; dimension];
        for row in path.chunks_exact(dimension) {
            for (sum, x) in squares.iter_mut().zip(row) {
                *sum += x * x;
            }
        }
        let points = (path.len() / dimension).max(1) as f64;
        let sizes = squares.iter().map(|sum| (sum / points).sqrt());
        Scales {
            states: sizes.map(power_of_two).collect(),
            parameters: parameters.iter().map(|p| power_of_two(p.abs())).collect(),
        }
    }

    fn are_ones(&self) -> bool {
        self.states
            .iter()
            .chain(&self.parameters)
            .all(|&s| s == 1.0)
    }

    /// Scale of every unknown: the states' scales at every point, then the parameters'.
    fn along(&self, unknowns: usize) -> impl Iterator<Item = f64> + '_ {
        let path = unknowns - self.parameters.len();
        let states = self.states.iter().cycle().take(path);
        states.chain(&self.parameters).copied()
    }

    pub fn divide(&self, unknowns: &mut [f64]) {
        let scales = self.along(unknowns.len());
        unknowns.iter_mut().zip(scales).for_each(|(x, s)| *x /= s);
    }

    pub fn multiply(&self, unknowns: &mut [f64]) {
        let scales = self.along(unknowns.len());
        unknowns.iter_mut().zip(scales).for_each(|(x, s)| *x *= s);
    }
}

fn power_of_two(size: f64) -> f64 {
    match size > 0.0 && size.is_finite() {
        true => libm::exp2(libm::round(libm::log2(size))),
        false => 1.0,
    }
}

/// Action at one R_f as a function of the scaled unknowns.
pub(crate) struct ActionObjective<'a> {
    action: &'a mut Action,
    model_precision: f64,
    scales: &'a Scales,
    layout: Layout,
    bounds: Option<Bounds>,
    interrupted: &'a dyn Fn() -> bool,
    /// Unknowns in their own units.
    unknowns: Vec<f64>,
    /// Scale of each entry of a block, for each group of the linearisation; empty if all scales are
    /// one.
    entry_scales: Vec<Vec<f64>>,
}

impl<'a> ActionObjective<'a> {
    pub fn new(
        action: &'a mut Action,
        model_precision: f64,
        scales: &'a Scales,
        interrupted: &'a dyn Fn() -> bool,
    ) -> Self {
        let layout = action.layout();
        let bounds = action.problem().intervals().map(|intervals| {
            let (mut lower, mut upper) = (intervals.lower.clone(), intervals.upper.clone());
            scales.divide(&mut lower);
            scales.divide(&mut upper);
            Bounds { lower, upper }
        });
        let entry_scales = match scales.are_ones() {
            true => Vec::new(),
            false => {
                let groups = action.linearization().groups;
                groups
                    .iter()
                    .map(|group| entry_scales(group, scales))
                    .collect()
            }
        };
        ActionObjective {
            unknowns: vec![0.0; layout.unknowns()],
            action,
            model_precision,
            scales,
            layout,
            bounds,
            interrupted,
            entry_scales,
        }
    }

    /// Objective with other bounds, in the units of the unknowns; `None` for none.
    pub fn within(mut self, bounds: Option<Bounds>) -> Self {
        self.bounds = bounds.map(|mut bounds| {
            self.scales.divide(&mut bounds.lower);
            self.scales.divide(&mut bounds.upper);
            bounds
        });
        self
    }

    fn unscale(&mut self, x: &[f64]) {
        self.unknowns.copy_from_slice(x);
        self.scales.multiply(&mut self.unknowns);
    }
}

fn entry_scales(group: &RowGroup, scales: &Scales) -> Vec<f64> {
    let width = group.span * scales.states.len();
    let scale = |&column: &u32| match (column as usize).checked_sub(width) {
        None => scales.states[column as usize % scales.states.len()],
        Some(p) => scales.parameters[p],
    };
    group.columns.iter().map(scale).collect()
}

impl Objective for ActionObjective<'_> {
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64> {
        self.unscale(x);
        let split = self.layout.path_length();
        let (path, parameters) = self.unknowns.split_at(split);
        let (path_gradient, parameter_gradient) = gradient.split_at_mut(split);
        let value = self.action.gradient(
            self.model_precision,
            path,
            parameters,
            path_gradient,
            parameter_gradient,
        )?;
        self.scales.multiply(gradient);
        Ok(value.action)
    }

    fn interrupted(&self) -> bool {
        (self.interrupted)()
    }

    fn bounds(&self) -> Option<&Bounds> {
        self.bounds.as_ref()
    }

    fn least_squares(&mut self) -> Option<&mut dyn LeastSquares> {
        Some(self)
    }
}

impl LeastSquares for ActionObjective<'_> {
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn linearization(&self) -> Linearization {
        self.action.linearization()
    }

    fn linearize(&mut self, x: &[f64], into: &mut Linearization) -> Result<f64> {
        self.unscale(x);
        let (path, parameters) = self.unknowns.split_at(self.layout.path_length());
        let value = self
            .action
            .linearize(self.model_precision, path, parameters, into)?;
        for (group, scales) in into.groups.iter_mut().zip(&self.entry_scales) {
            for values in group.values.chunks_exact_mut(scales.len().max(1)) {
                values.iter_mut().zip(scales).for_each(|(v, s)| *v *= s);
            }
        }
        Ok(value.action)
    }

    fn add_curvature(&mut self, x: &[f64], into: &mut BlockMatrix) -> Result<()> {
        self.unscale(x);
        let dimension = self.layout.dimension;
        let split = self.layout.path_length();
        let scales = self.scales;
        let scale = |unknown: usize| match unknown.checked_sub(split) {
            None => scales.states[unknown % dimension],
            Some(p) => scales.parameters[p],
        };
        let mut bad = None;
        let path = &self.unknowns[..split];
        self.action
            .curvature(self.model_precision, path, &mut |row, column, value| {
                if !value.is_finite() {
                    bad.get_or_insert((row, value));
                    return;
                }
                into.add(row, column, value * scale(row) * scale(column));
            });
        match bad {
            None => Ok(()),
            Some((unknown, value)) => Err(Error::NotFinite {
                path: "path".into(),
                time: self
                    .action
                    .problem()
                    .time((unknown / dimension).min(self.layout.points - 1)),
                point: (unknown / dimension).min(self.layout.points - 1),
                state: self.action.problem().model().states()[unknown % dimension].clone(),
                term: "second derivative in".into(),
                value,
            }),
        }
    }
}
