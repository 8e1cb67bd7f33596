//! Linearisation of the action: weighted residuals with their Jacobian, for minimisers that use the
//! band in time.

use super::discretization::{self, ModelRows};
use super::estimated_scales::FitShares;
use super::measurement_rows::MeasurementRows;
use super::noise::{Noise, Scale, Whitening};
use super::scale_rows::ScaleRows;
use super::{along, prior, Action, ActionValue};
use crate::error::Result;
use crate::model::{Function, Scratch, Sparsity};
use crate::solve::{Layout, Linearization, RowGroup};

/// Memory to compute the rows of a [`Linearization`]. Its groups are, in this order, the model, the
/// measurements, the priors and, where it is estimated, the scales of the noise.
#[derive(Clone)]
pub(super) struct RowWorkspace {
    model: ModelRows,
    /// Rows of the model before they are whitened; present only where the weights couple residuals.
    raw_model: Option<RowGroup>,
    measurement: MeasurementRows,
    raw_measurement: Option<RowGroup>,
    scales: Option<ScaleRows>,
    scratch: Scratch,
}

impl Action {
    /// Order of the unknowns and the width of the band that couples them.
    pub fn layout(&self) -> Layout {
        let problem = &self.problem;
        let along = along(problem, &self.parameters, &[]);
        let scheme = problem.discretization.scheme();
        discretization::layout(scheme, &along, problem.estimated.len())
    }

    /// Linearisation with the patterns of this action. Its numbers are written by
    /// [`Action::linearize`].
    pub fn linearization(&self) -> Linearization {
        self.new_rows().1
    }

    /// Rows of the model at the point last linearised, before they were whitened; `None` where the
    /// weights couple no residuals, so that the rows of the linearisation are these.
    pub(super) fn raw_model_rows(&self) -> Option<&RowGroup> {
        self.rows.as_ref()?.raw_model.as_ref()
    }

    /// Row of each measurement among those of the second group, by slot, after
    /// [`Action::linearize`]; `u32::MAX` where a value is absent.
    pub(crate) fn measurement_rows(&self) -> &[u32] {
        let rows = self.rows.as_ref();
        rows.map_or(&[], |rows| rows.measurement.rows_of_slots())
    }

    /// Logarithms of the scales of estimated noise at the point evaluated last, and arguments of
    /// laws of the user's own, by entry; empty where the noise is known.
    pub(crate) fn noise_scales(&self) -> &[f64] {
        let scales = self.measurement.scales.as_ref();
        scales.map_or(&[], |scales| &scales.logs)
    }

    /// Square of the residual of a measurement at the point evaluated last, in units of its scale.
    pub(crate) fn squared_error(&self, slot: usize) -> f64 {
        let (error, weight) = (
            self.measurement.errors[slot],
            self.measurement.noise.whitening.weight(slot),
        );
        weight * error * error
    }

    /// Loss of each measurement at the point evaluated last, by slot: for Gaussian noise the square
    /// of its error in standard deviations.
    pub(crate) fn losses(&self) -> Vec<f64> {
        self.measurement.losses()
    }

    /// Standard normal number that is as likely as each datum, by slot; `None` where all noise is
    /// normal.
    pub(crate) fn scores(&self) -> Option<Vec<f64>> {
        self.measurement.scores()
    }

    /// Shares of the restricted likelihood with these leverages, by slot, at the point evaluated
    /// last.
    pub(crate) fn fit_shares(&self, leverages: &[f64]) -> FitShares {
        FitShares {
            left: leverages.iter().map(|h| 1.0 - h).collect(),
            followed: self.measurement.followed(),
        }
    }

    /// Changes the normalisation of estimated noise, see [`Problem::set_normalization`].
    ///
    /// [`Problem::set_normalization`]: super::Problem::set_normalization
    pub(crate) fn set_normalization(&mut self, reference: Option<&[f64]>, fit: Option<&FitShares>) {
        self.problem.set_normalization(reference, fit);
        self.measurement.set_normalization(reference, fit);
    }

    fn new_rows(&self) -> (RowWorkspace, Linearization) {
        let problem = &self.problem;
        let along = along(problem, &self.parameters, &[]);
        let scheme = problem.discretization.scheme();
        let (model, raw) = ModelRows::new(scheme, &along, &problem.estimated);
        let (model_group, raw_model) = whitenable(raw, &problem.model_noise.whitening);
        let (measurement, raw) = MeasurementRows::new(problem);
        let (measurement_group, raw_measurement) =
            whitenable(raw, &problem.measurement.noise.whitening);
        let (scales, scale_group) = ScaleRows::new(problem).unzip();
        let rows = RowWorkspace {
            scales,
            model,
            raw_model,
            measurement,
            raw_measurement,
            scratch: Scratch::default(),
        };
        let mut groups = vec![model_group, measurement_group];
        groups.extend(prior::groups(problem));
        groups.extend(scale_group);
        (rows, Linearization { groups })
    }

    /// Evaluates the action and writes its residuals and Jacobian to a linearisation made by
    /// [`Action::linearization`]: `A = sum weight / 2 residual^2`.
    ///
    /// # Errors
    /// All errors of [`Action::evaluate`], and derivatives that are not finite.
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
        let scale = self.model_scale(model_precision);
        let target = &mut into.groups[0];
        let raw = rows.raw_model.as_mut().unwrap_or(&mut *target);
        raw.residuals.copy_from_slice(&self.residuals.values);
        rows.model.fill(&along, &self.residuals, raw);
        whiten(rows.raw_model.as_ref(), &self.model_noise, scale, target);

        let target = &mut into.groups[1];
        let raw = rows.raw_measurement.as_mut().unwrap_or(&mut *target);
        let measurement = &self.measurement;
        rows.measurement
            .fill(problem, measurement, &along, &mut rows.scratch, raw);
        let factor = problem.data_factor();
        let scale = measurement.scale(factor);
        match &rows.raw_measurement {
            Some(raw) => whiten(Some(raw), &measurement.noise, scale, target),
            None => rows.measurement.weigh(measurement, scale, target),
        }
        if let (Some(scales), Some(last)) = (&rows.scales, into.groups.last_mut()) {
            let function = problem.model.observation();
            let width = function.map_or(0, |f| f.jacobian_sparsity().entries());
            scales.fill(measurement, factor, &rows.measurement.jacobian, width, last);
        }
        let end = into.groups.len() - usize::from(rows.scales.is_some());
        let groups = &mut into.groups[2..end];
        if let Some(formulas) = &problem.priors.formulas {
            formulas.differentiate(&mut self.means);
        }
        prior::fill(problem, factor, path, parameters, &self.means, groups);
        self.rows = Some(rows);
        for group in &into.groups[..2] {
            self.finite_entries(group)?;
        }
        if self.measurement.scales.is_some() {
            self.finite_entries(&into.groups[into.groups.len() - 1])?;
        }
        Ok(value)
    }

    /// Computes the part of the Hessian that Gauss-Newton leaves out, `sum weight residual
    /// d2residual`, at the point last given to [`Action::linearize`]. Each entry (row, column,
    /// value) of its lower triangle is passed to `add`; entries at one place add up.
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
        let scale = self.model_scale(model_precision);
        self.model_noise.differentiate(scale, &mut weighted, &[]);
        rows.model
            .curvature(&along, &self.residuals, &weighted, add);

        if let Some(function) = problem.model.observation() {
            self.observable_curvature(function, path, &mut rows.scratch, add);
        }
        self.rows = Some(rows);
        let estimated = problem.estimated.iter();
        let parameters: Vec<f64> = estimated.map(|&i| self.parameters[i]).collect();
        let factor = problem.data_factor();
        prior::curvature(&problem.priors, factor, path, &parameters, &self.means, add);
        if !self.measurement.is_quadratic() || self.measurement.scales.is_some() {
            self.loss_curvature(path, add);
        }
    }

    /// Curvature of the losses of measurements: `sum of J^T c J` over their predictions, and over
    /// the scales of their noise where these are estimated. It is zero for Gaussian noise of a
    /// known scale, and the errors of the model are Gaussian.
    fn loss_curvature(&mut self, path: &[f64], add: &mut dyn FnMut(usize, usize, f64)) {
        let estimated = self.problem.estimated.iter();
        let parameters: Vec<f64> = estimated.map(|&i| self.parameters[i]).collect();
        let mut rows = self.linearization();
        // An action that is not finite was reported when it was linearised before.
        if self.linearize(1.0, path, &parameters, &mut rows).is_err() {
            return;
        }
        let Some(known) = &self.rows else {
            return;
        };
        let (d, path_length) = (self.problem.model.dimension(), path.len());
        let factor = self.problem.data_factor();
        let curvatures = self.measurement.curvatures(factor);
        // Unknowns of a row with its derivatives in them.
        let entries = |group: &RowGroup, row: usize| -> Vec<(usize, f64)> {
            let (block, row) = (row / group.rows, row % group.rows);
            let range = group.row_start[row] as usize..group.row_start[row + 1] as usize;
            let values = &group.values[block * group.entries()..][range.clone()];
            let unknown = |&column: &u32| match (column as usize).checked_sub(d) {
                None => group.first[block] as usize * d + column as usize,
                Some(p) => path_length + p,
            };
            let unknowns = group.columns[range].iter().map(unknown);
            unknowns.zip(values.iter().copied()).collect()
        };
        let scales = known.scales.as_ref().zip(rows.groups.last());
        let terms = scales.map_or(Vec::new(), |_| self.measurement.scale_terms());
        for (slot, c) in curvatures.into_iter().enumerate() {
            if let Some(row) = known.measurement.row_of(slot) {
                add_products(c, &entries(&rows.groups[1], row), add);
            }
        }
        let (Some((scales, group)), Some(owners)) = (scales, &self.measurement.scales) else {
            return;
        };
        for (entry, terms) in terms.iter().enumerate() {
            let Some(row) = known.measurement.row_of(owners.owner(entry)) else {
                continue;
            };
            let prediction = entries(&rows.groups[1], row);
            let row = scales.row_of(entry);
            let scale = entries(group, row);
            let left = 2.0 * factor * terms.second - group.weights[row];
            add_products(left, &scale, add);
            add_cross(2.0 * factor * terms.cross, &prediction, &scale, add);
        }
        for term in self.measurement.cross_terms() {
            let [a, b] = term
                .entries
                .map(|entry| entries(group, scales.row_of(entry)));
            add_cross(2.0 * factor * term.value, &a, &b, add);
        }
    }

    /// Curvature of the observables. Measured state components are linear and have none.
    fn observable_curvature(
        &self,
        function: &Function,
        path: &[f64],
        scratch: &mut Scratch,
        add: &mut dyn FnMut(usize, usize, f64),
    ) {
        let problem = &self.problem;
        let mut measurement = self.measurement.clone();
        measurement.differentiate(problem.data_factor());
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
}

/// Adds `c J^T J` of one row, given by its entries.
fn add_products(c: f64, entries: &[(usize, f64)], add: &mut dyn FnMut(usize, usize, f64)) {
    for (e, &(row, value)) in entries.iter().enumerate() {
        for &(column, other) in &entries[..=e] {
            add(row, column, c * value * other);
        }
    }
}

/// Adds `c (J^T K + K^T J)` of two rows J and K, given by their entries.
fn add_cross(
    c: f64,
    first: &[(usize, f64)],
    second: &[(usize, f64)],
    add: &mut dyn FnMut(usize, usize, f64),
) {
    for &(a, value) in first {
        for &(b, other) in second {
            // The derivative in an unknown of both counts twice.
            let twice = if a == b { 2.0 } else { 1.0 };
            add(a.max(b), a.min(b), twice * c * value * other);
        }
    }
}

/// Row group that minimisers see, and the group before whitening if the weights couple its rows.
fn whitenable(raw: RowGroup, whitening: &Whitening) -> (RowGroup, Option<RowGroup>) {
    let Whitening::Factors { size, .. } = whitening else {
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

/// Replaces differences by weighted residuals. Where a matrix couples the raw rows, the target is
/// first filled with `U r` and its rows.
fn whiten(raw: Option<&RowGroup>, noise: &Noise, scale: Scale, target: &mut RowGroup) {
    if let (Some(raw), Whitening::Factors { size, .. }) = (raw, &noise.whitening) {
        mix(raw, &noise.whitening, *size, target);
    }
    noise.linearize(scale, &mut target.residuals, &mut target.weights);
}

/// Writes the differences and rows `U r` of the raw ones, in blocks of `size`.
fn mix(raw: &RowGroup, whitening: &Whitening, size: usize, target: &mut RowGroup) {
    target.values.fill(0.0);
    let (from, to) = (raw.entries(), target.entries());
    for block in 0..raw.blocks() {
        let values = &raw.values[block * from..(block + 1) * from];
        let mixed = &mut target.values[block * to..(block + 1) * to];
        for r in 0..raw.rows {
            let (part, i) = (r / size, r % size);
            let factor = whitening.factor(block * (raw.rows / size) + part);
            let mut residual = 0.0;
            let start = target.row_start[r] as usize;
            let columns = &target.columns[start..target.row_start[r + 1] as usize];
            for j in i..size {
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
