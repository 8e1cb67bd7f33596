//! The action as weighted residuals with their Jacobian, for minimisers that use the band of time.

use super::discretization::{self, Along, ModelRows};
use super::measurement::Measurement;
use super::problem::PriorTerm;
use super::weighting::Weighting;
use super::{along, Action, ActionValue, Layout, Linearization, Problem, RowGroup};
use crate::error::Result;
use crate::model::{Function, Points, Scratch, Sparsity};

/// Rows of a [`Linearization`], and the memory to compute them. The groups are: model,
/// measurements, priors.
#[derive(Clone)]
pub(super) struct Rows {
    model: ModelRows,
    /// Where the weights couple residuals: the rows before they are whitened.
    raw_model: Option<RowGroup>,
    measurement: MeasurementRows,
    raw_measurement: Option<RowGroup>,
    scratch: Scratch,
}

impl Action {
    /// How the unknowns are coupled.
    pub fn layout(&self) -> Layout {
        let problem = &self.problem;
        let along = along(problem, &self.parameters, &[]);
        let scheme = problem.discretization.scheme();
        discretization::layout(scheme, &along, problem.estimated.len())
    }

    /// A linearisation with the patterns of this action; its numbers are written by
    /// [`Action::linearize`].
    pub fn linearization(&self) -> Linearization {
        self.new_rows().1
    }

    fn new_rows(&self) -> (Rows, Linearization) {
        let problem = &self.problem;
        let along = along(problem, &self.parameters, &[]);
        let scheme = problem.discretization.scheme();
        let (model, raw) = ModelRows::new(scheme, &along, &problem.estimated);
        let (model_group, raw_model) = whitenable(raw, &problem.model_weights);
        let (measurement, raw) = MeasurementRows::new(problem);
        let (measurement_group, raw_measurement) = whitenable(raw, &problem.measurement.weighting);
        let rows = Rows {
            model,
            raw_model,
            measurement,
            raw_measurement,
            scratch: Scratch::default(),
        };
        let mut groups = vec![model_group, measurement_group];
        groups.extend(prior_groups(problem));
        (rows, Linearization { groups })
    }

    /// The action at a point, and its residuals and Jacobian there, written to what
    /// [`Action::linearization`] gave: `A = sum weight / 2 residual^2`.
    ///
    /// # Errors
    /// As [`Action::evaluate`], and derivatives that are not finite.
    pub fn linearize(
        &mut self,
        model_precision: f64,
        path: &[f64],
        parameters: &[f64],
        into: &mut Linearization,
    ) -> Result<ActionValue> {
        let value = self.evaluate(model_precision, path, parameters)?;
        let known = self.rows.take();
        let mut rows = known.unwrap_or_else(|| Box::new(self.new_rows().0));
        let problem = &self.problem;
        let along = along(problem, &self.parameters, path);
        let weight = 2.0 * self.model_factor(model_precision);
        let target = &mut into.groups[0];
        let raw = rows.raw_model.as_mut().unwrap_or(&mut *target);
        raw.residuals.copy_from_slice(&self.residuals.values);
        rows.model.fill(&along, &self.residuals, raw);
        whiten(rows.raw_model.as_ref(), &self.model_weights, weight, target);

        let target = &mut into.groups[1];
        let raw = rows.raw_measurement.as_mut().unwrap_or(&mut *target);
        rows.measurement
            .fill(problem, &self.measurement, &along, &mut rows.scratch, raw);
        let weight = 2.0 * self.measurement_factor();
        match &rows.raw_measurement {
            Some(raw) => whiten(Some(raw), &problem.measurement.weighting, weight, target),
            None => rows.measurement.weigh(&problem.measurement, weight, target),
        }
        fill_priors(
            problem,
            path,
            parameters,
            2.0 * self.prior_factor(),
            &mut into.groups[2..],
        );
        self.rows = Some(rows);
        for group in &into.groups[..2] {
            self.finite_entries(group)?;
        }
        Ok(value)
    }

    /// Tells `add` the entries (row, column, value) of the lower triangle of what Gauss-Newton
    /// leaves out, `sum weight residual d2residual`, at the point last given to
    /// [`Action::linearize`].
    pub fn curvature(
        &mut self,
        model_precision: f64,
        path: &[f64],
        add: &mut dyn FnMut(usize, usize, f64),
    ) {
        let Some(mut rows) = self.rows.take() else {
            return;
        };
        let problem = &self.problem;
        let along = along(problem, &self.parameters, path);
        let mut weighted = self.residuals.values.clone();
        let weight = 2.0 * self.model_factor(model_precision);
        self.model_weights.apply(&mut weighted, weight);
        rows.model
            .curvature(&along, &self.residuals, &weighted, add);

        if let Some(function) = problem.model.observation() {
            self.measurement_curvature(function, path, &mut rows.scratch, add);
        }
        self.rows = Some(rows);
    }

    /// What observables add; measured components are linear.
    fn measurement_curvature(
        &self,
        function: &Function,
        path: &[f64],
        scratch: &mut Scratch,
        add: &mut dyn FnMut(usize, usize, f64),
    ) {
        let problem = &self.problem;
        let mut measurement = self.measurement.clone();
        let weight = 2.0 * self.measurement_factor();
        measurement.weighting.apply(&mut measurement.errors, weight);
        if let Some(adjoint) = measurement.adjoint() {
            let sparsity = function.curvature_sparsity();
            let mut values = vec![0.0; problem.points() * sparsity.entries()];
            let at = problem.at(path, &self.parameters);
            function.curvature(scratch, at, adjoint, &mut values);
            self.add_observed(sparsity, &values, add);
        }
    }

    fn add_observed(
        &self,
        sparsity: &Sparsity,
        values: &[f64],
        add: &mut dyn FnMut(usize, usize, f64),
    ) {
        let (problem, d) = (&self.problem, self.problem.model.dimension());
        let unknown = |v: usize, n: usize| match v.checked_sub(d) {
            None => Some(n * d + v),
            Some(p) => {
                let place = problem.estimated.binary_search(&p).ok()?;
                Some(problem.path_length() + place)
            }
        };
        for (n, values) in values.chunks_exact(sparsity.entries().max(1)).enumerate() {
            for v in 0..sparsity.rows() {
                for (e, w) in sparsity.row(v) {
                    if let (Some(row), Some(column)) = (unknown(v, n), unknown(w, n)) {
                        add(row, column, values[e]);
                    }
                }
            }
        }
    }

    fn finite_entries(&self, group: &RowGroup) -> Result<()> {
        let entries = group.entries().max(1);
        match group.values.iter().position(|v| !v.is_finite()) {
            None => Ok(()),
            Some(i) => {
                let d = self.problem.model.dimension();
                let column = group.columns[i % entries] as usize % (group.span * d);
                let place = group.first[i / entries] as usize * d + column;
                Err(self.not_finite_at(place, "derivative of the residual in", group.values[i]))
            }
        }
    }
}

/// The group that minimisers see, and the raw one if weights couple its rows.
fn whitenable(raw: RowGroup, weighting: &Weighting) -> (RowGroup, Option<RowGroup>) {
    let Weighting::Factors { size, .. } = weighting else {
        return (raw, None);
    };
    // Rows of one factor are mixed, and a block has rows of one or more factors.
    let row = |r: usize| &raw.columns[raw.row_start[r] as usize..raw.row_start[r + 1] as usize];
    let pattern: Vec<Vec<u32>> = (0..raw.rows)
        .map(|r| {
            let mixed = r..(r / size + 1) * size;
            let all: std::collections::BTreeSet<u32> = mixed.flat_map(row).copied().collect();
            all.into_iter().collect()
        })
        .collect();
    (
        RowGroup::new(raw.span, raw.first.clone(), &pattern),
        Some(raw),
    )
}

/// Weights of a group; where they couple rows, the rows and residuals `U r` of the raw ones.
fn whiten(raw: Option<&RowGroup>, weighting: &Weighting, weight: f64, target: &mut RowGroup) {
    let (Some(raw), Weighting::Factors { size, .. }) = (raw, weighting) else {
        for (row, to) in target.weights.iter_mut().enumerate() {
            *to = weight * weighting.weight(row);
        }
        return;
    };
    target.weights.fill(weight);
    target.values.fill(0.0);
    let (from, to) = (raw.entries(), target.entries());
    for block in 0..raw.blocks() {
        let values = &raw.values[block * from..(block + 1) * from];
        let mixed = &mut target.values[block * to..(block + 1) * to];
        for r in 0..raw.rows {
            let (part, i) = (r / size, r % size);
            let factor = weighting.factor(block * (raw.rows / size) + part);
            let mut residual = 0.0;
            let start = target.row_start[r] as usize;
            let columns = &target.columns[start..target.row_start[r + 1] as usize];
            for j in i..*size {
                let (share, row) = (factor[i * size + j], part * size + j);
                residual += share * raw.residuals[block * raw.rows + row];
                let entries = raw.row_start[row] as usize..raw.row_start[row + 1] as usize;
                let from = raw.columns[entries.clone()].iter().zip(&values[entries]);
                for (column, value) in from {
                    if let Ok(place) = columns.binary_search(column) {
                        mixed[start + place] += share * value;
                    }
                }
            }
            target.residuals[block * raw.rows + r] = residual;
        }
    }
}

/// How measured columns become rows: one block per point that has a measurement.
#[derive(Debug, Clone)]
struct MeasurementRows {
    /// By row: the observable's number, or none for state components.
    observable: Vec<Option<usize>>,
    /// By slot of the errors: its row among all rows of all blocks.
    row_of_slot: Vec<u32>,
    jacobian: Vec<f64>,
    /// By row: the entries of the observables' Jacobian that are wanted.
    wanted: Vec<Vec<usize>>,
}

impl MeasurementRows {
    fn new(problem: &Problem) -> (Self, RowGroup) {
        let model = &*problem.model;
        let d = model.dimension();
        let is_matrix = matches!(problem.measurement.weighting, Weighting::Factors { .. });
        let mut columns: Vec<usize> = Vec::new();
        for &column in problem.data.iter().flat_map(|set| &set.observed) {
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        let mut wanted = Vec::new();
        let pattern: Vec<Vec<u32>> = columns
            .iter()
            .map(|&column| match column.checked_sub(d) {
                None => {
                    wanted.push(Vec::new());
                    vec![column as u32]
                }
                Some(k) => {
                    let (entries, columns) = observable_entries(problem, k);
                    wanted.push(entries);
                    columns
                }
            })
            .collect();
        let slots = problem.measurement.slots(d, model.observables().len());
        let mut is_measured = vec![is_matrix; problem.points()];
        slots
            .iter()
            .for_each(|slot| is_measured[slot.point as usize] = true);
        let first: Vec<u32> = (0..problem.points() as u32)
            .filter(|&n| is_measured[n as usize])
            .collect();
        let mut block = vec![0; problem.points()];
        first
            .iter()
            .enumerate()
            .for_each(|(b, &n)| block[n as usize] = b);
        let mut row_of_slot = vec![u32::MAX; problem.measurement.errors.len()];
        for slot in &slots {
            let row = columns.iter().position(|&c| c == slot.column).unwrap_or(0);
            row_of_slot[slot.slot] = (block[slot.point as usize] * columns.len() + row) as u32;
        }
        let mut group = RowGroup::new(1, first, &pattern);
        group.weights.fill(0.0);
        // Derivatives of components in themselves are one, at all times.
        group.values.fill(1.0);
        let rows = MeasurementRows {
            observable: columns.iter().map(|column| column.checked_sub(d)).collect(),
            row_of_slot,
            jacobian: Vec::new(),
            wanted,
        };
        (rows, group)
    }

    fn fill(
        &mut self,
        problem: &Problem,
        measurement: &Measurement,
        along: &Along,
        scratch: &mut Scratch,
        group: &mut RowGroup,
    ) {
        for (&row, error) in self.row_of_slot.iter().zip(&measurement.errors) {
            if row != u32::MAX {
                group.residuals[row as usize] = *error;
            }
        }
        let (Some(function), true) = (
            problem.model.observation(),
            self.observable.iter().any(Option::is_some),
        ) else {
            return;
        };
        let width = function.jacobian_sparsity().entries();
        self.jacobian.resize(problem.points() * width, 0.0);
        let at = problem.at(along.path, along.parameters);
        function.jacobian(scratch, at, &mut self.jacobian);
        let entries = group.entries();
        for (b, &n) in group.first.iter().enumerate() {
            let jacobian = &self.jacobian[n as usize * width..];
            for (row, wanted) in self.wanted.iter().enumerate() {
                let start = b * entries + group.row_start[row] as usize;
                for (to, &e) in group.values[start..].iter_mut().zip(wanted) {
                    *to = jacobian[e];
                }
            }
        }
    }

    /// Weights where they couple no rows; absent values have none.
    fn weigh(&self, measurement: &Measurement, weight: f64, group: &mut RowGroup) {
        for (slot, &row) in self.row_of_slot.iter().enumerate() {
            group.weights[row as usize] = weight * measurement.weighting.weight(slot);
        }
    }
}

/// The entries of an observable's row that belong to states or estimated parameters, with their
/// columns in a block of one point.
fn observable_entries(problem: &Problem, k: usize) -> (Vec<usize>, Vec<u32>) {
    let d = problem.model.dimension();
    let Some(function) = problem.model.observation() else {
        return (Vec::new(), Vec::new());
    };
    let sparsity = function.jacobian_sparsity();
    let entries = sparsity.row(k);
    entries
        .filter_map(|(e, column)| match column {
            state if state < d => Some((e, state as u32)),
            parameter => {
                let place = problem.estimated.binary_search(&(parameter - d)).ok()?;
                Some((e, (d + place) as u32))
            }
        })
        .unzip()
}

/// Priors of first states and of parameters: a group for each, with one row per prior.
fn prior_groups(problem: &Problem) -> Vec<RowGroup> {
    let (d, path_length) = (problem.model.dimension(), problem.path_length());
    let (first, parameters): (Vec<&PriorTerm>, Vec<&PriorTerm>) = problem
        .priors
        .iter()
        .partition(|term| term.unknown < path_length);
    let mut groups = Vec::new();
    if !first.is_empty() {
        let starts = problem.grid.segments.iter().map(|s| s.first as u32);
        let of_first_set = first.iter().filter(|term| term.unknown < d);
        let pattern: Vec<Vec<u32>> = of_first_set.map(|t| vec![t.unknown as u32]).collect();
        groups.push(RowGroup::new(1, starts.collect(), &pattern));
    }
    if !parameters.is_empty() {
        let column = |t: &&PriorTerm| vec![(d + t.unknown - path_length) as u32];
        let pattern: Vec<Vec<u32>> = parameters.iter().map(column).collect();
        groups.push(RowGroup::new(1, vec![0], &pattern));
    }
    groups
}

fn fill_priors(
    problem: &Problem,
    path: &[f64],
    parameters: &[f64],
    weight: f64,
    groups: &mut [RowGroup],
) {
    // Terms are sorted as the groups' rows are: by data set and state, then by parameter.
    let mut terms = problem.priors.iter();
    for group in groups {
        group.values.fill(1.0);
        for (row, term) in (0..group.residuals.len()).zip(terms.by_ref()) {
            group.residuals[row] = term.error(path, parameters);
            group.weights[row] = weight * term.precision;
        }
    }
}

impl Problem {
    /// All points of a path.
    pub(super) fn at<'a>(&'a self, path: &'a [f64], parameters: &'a [f64]) -> Points<'a> {
        Points {
            states: path,
            parameters,
            inputs: &self.grid.points.inputs,
            times: &self.grid.points.times,
        }
    }
}

impl PriorTerm {
    /// How far the unknown is from the mean.
    pub(super) fn error(&self, path: &[f64], parameters: &[f64]) -> f64 {
        let value = match self.unknown.checked_sub(path.len()) {
            None => path[self.unknown],
            Some(p) => parameters[p],
        };
        value - self.mean
    }
}
