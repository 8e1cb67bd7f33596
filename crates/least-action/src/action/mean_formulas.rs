//! Means of first states that are formulas of parameters, with their derivatives.

use super::grid::Grid;
use crate::model::{Function, Points, Scratch};

/// Unknown that a formula contains.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum MeanColumn {
    /// State of the data set's first point: a parameter that changes in time.
    Component(usize),
    /// Place among the estimated parameters.
    Parameter(usize),
}

impl MeanColumn {
    /// Column in a block of rows at one point of `dimension` states.
    pub fn in_block(self, dimension: usize) -> u32 {
        match self {
            MeanColumn::Component(a) => a as u32,
            MeanColumn::Parameter(p) => (dimension + p) as u32,
        }
    }
}

/// Formulas of first states, evaluated for every data set.
#[derive(Debug, Clone)]
pub(super) struct MeanFormulas {
    function: Function,
    /// Components of the path that are variables of the function.
    components: Vec<usize>,
    /// Unknown of each column of the Jacobian; `None` for a parameter that is not estimated.
    columns: Vec<Option<MeanColumn>>,
    /// First unknown of every data set.
    first: Vec<usize>,
    /// Time of the first point of every data set.
    times: Vec<f64>,
    path_length: usize,
}

/// Values and derivatives of formulas at one point, with the memory to compute them.
#[derive(Debug, Clone, Default)]
pub(super) struct MeanValues {
    scratch: Scratch,
    variables: Vec<f64>,
    parameters: Vec<f64>,
    values: Vec<f64>,
    derivatives: Vec<f64>,
    /// Numbers of formulas, and of entries of the Jacobian, of one data set.
    widths: [usize; 2],
}

impl MeanValues {
    /// Value of a formula for a data set.
    pub fn value(&self, set: usize, formula: usize) -> f64 {
        self.values[set * self.widths[0] + formula]
    }

    /// Entry of the Jacobian for a data set.
    pub fn derivative(&self, set: usize, entry: usize) -> f64 {
        self.derivatives[set * self.widths[1] + entry]
    }
}

impl MeanFormulas {
    /// Formulas of a problem: `function` has the `components` of the path as its states, and all
    /// parameters of the model.
    pub fn new(
        function: Function,
        components: Vec<usize>,
        estimated: &[usize],
        parameters: usize,
        grid: &Grid,
        dimension: usize,
    ) -> Self {
        let own = components.iter().map(|&a| Some(MeanColumn::Component(a)));
        let place = |p: usize| estimated.binary_search(&p).ok();
        let others = (0..parameters).map(|p| place(p).map(MeanColumn::Parameter));
        let segments = grid.segments.iter();
        MeanFormulas {
            columns: own.chain(others).collect(),
            function,
            components,
            first: segments.clone().map(|s| s.first * dimension).collect(),
            times: segments.map(|s| grid.points.times[s.first]).collect(),
            path_length: grid.len() * dimension,
        }
    }

    /// Unknowns that a formula contains, each with its entry in the Jacobian.
    pub fn row(&self, formula: usize) -> impl Iterator<Item = (MeanColumn, usize)> + '_ {
        let entries = self.function.jacobian_sparsity().row(formula);
        entries.filter_map(|(entry, column)| Some((self.columns[column]?, entry)))
    }

    /// Number among all unknowns of one that a formula contains.
    pub fn unknown(&self, set: usize, column: MeanColumn) -> usize {
        match column {
            MeanColumn::Component(a) => self.first[set] + a,
            MeanColumn::Parameter(p) => self.path_length + p,
        }
    }

    /// Computes the values of all formulas along a path, with all parameters of the model.
    pub fn evaluate(&self, path: &[f64], parameters: &[f64], into: &mut MeanValues) {
        into.variables.clear();
        for first in &self.first {
            let values = self.components.iter().map(|a| path[first + a]);
            into.variables.extend(values);
        }
        into.parameters.clear();
        into.parameters.extend_from_slice(parameters);
        into.widths[0] = self.function.outputs();
        into.values.resize(self.first.len() * into.widths[0], 0.0);
        let at = Points {
            states: &into.variables,
            parameters,
            inputs: &[],
            times: &self.times,
        };
        self.function
            .evaluate(&mut into.scratch, at, &mut into.values);
    }

    /// Computes the derivatives at the point of the last [`MeanFormulas::evaluate`].
    pub fn differentiate(&self, into: &mut MeanValues) {
        into.widths[1] = self.function.jacobian_sparsity().entries();
        let entries = self.first.len() * into.widths[1];
        into.derivatives.resize(entries, 0.0);
        let at = Points {
            states: &into.variables,
            parameters: &into.parameters,
            inputs: &[],
            times: &self.times,
        };
        self.function
            .jacobian(&mut into.scratch, at, &mut into.derivatives);
    }

    /// Values of one data set's formulas at its first state, with all parameters of the model.
    pub fn of_set(&self, set: usize, state: &[f64], parameters: &[f64]) -> Vec<f64> {
        let variables: Vec<f64> = self.components.iter().map(|&a| state[a]).collect();
        let at = Points {
            states: &variables,
            parameters,
            inputs: &[],
            times: &self.times[set..=set],
        };
        let mut values = vec![0.0; self.function.outputs()];
        self.function
            .evaluate(&mut Scratch::default(), at, &mut values);
        values
    }

    /// Multipliers of zero, one for each data set and formula.
    pub fn zeros(&self) -> Vec<f64> {
        vec![0.0; self.first.len() * self.function.outputs()]
    }

    /// Adds to the multiplier of a data set's formula.
    pub fn put(&self, adjoint: &mut [f64], set: usize, formula: usize, value: f64) {
        adjoint[set * self.function.outputs() + formula] += value;
    }

    /// Passes the entries (row, column, value) of the lower triangle of the formulas' second
    /// derivatives, weighted with `adjoint`, to `add`.
    pub fn curvature(
        &self,
        at: &MeanValues,
        adjoint: &[f64],
        add: &mut dyn FnMut(usize, usize, f64),
    ) {
        let sparsity = self.function.curvature_sparsity();
        let width = sparsity.entries();
        let mut values = vec![0.0; self.first.len() * width];
        let points = Points {
            states: &at.variables,
            parameters: &at.parameters,
            inputs: &[],
            times: &self.times,
        };
        self.function
            .curvature(&mut Scratch::default(), points, adjoint, &mut values);
        for (set, values) in values.chunks_exact(width.max(1)).enumerate() {
            for v in 0..sparsity.rows() {
                for (e, w) in sparsity.row(v) {
                    if let (Some(row), Some(column)) = (self.columns[v], self.columns[w]) {
                        let (row, column) = (self.unknown(set, row), self.unknown(set, column));
                        add(row.max(column), row.min(column), values[e]);
                    }
                }
            }
        }
    }

    /// True if a formula contains no unknown.
    pub fn is_constant(&self, formula: usize) -> bool {
        self.row(formula).next().is_none()
    }

    /// Derivatives of a formula for one data set, each with its unknown's value.
    pub fn parts(&self, set: usize, formula: usize, state: &[f64], parameters: &[f64]) -> Vec<f64> {
        let variables: Vec<f64> = self.components.iter().map(|&a| state[a]).collect();
        let at = Points {
            states: &variables,
            parameters,
            inputs: &[],
            times: &self.times[set..=set],
        };
        let sparsity = self.function.jacobian_sparsity();
        let mut values = vec![0.0; sparsity.entries()];
        self.function
            .jacobian(&mut Scratch::default(), at, &mut values);
        let of = |column: usize| match column.checked_sub(self.components.len()) {
            None => variables[column],
            Some(p) => parameters[p],
        };
        let row = sparsity.row(formula);
        row.map(|(entry, column)| values[entry] * of(column))
            .collect()
    }
}
