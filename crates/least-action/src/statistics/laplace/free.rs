//! Combinations of parameters, and of first states, of which data and priors say nothing.

use nalgebra::{DMatrix, SymmetricEigen};

use super::FLAT;
use crate::action::Problem;
use crate::report::{shortest, Direction, DirectionPart};
use crate::solve::SchurComplement;

/// Second derivatives in the parameters along their axes, with the path minimised out.
pub(super) struct ParameterAxes<'a> {
    problem: &'a Problem,
    schur: &'a SchurComplement,
    /// Second derivatives, ascending, in units in which those at known path are 1.
    pub curvatures: Vec<f64>,
    /// Movement of each free parameter along the axes, in their own units.
    vectors: Vec<Vec<f64>>,
}

/// Largest second derivative, as a multiple of what is rounding, of a direction that is free.
const MARGIN: f64 = 10.0;

impl<'a> ParameterAxes<'a> {
    /// Axes of a Schur complement. `scale` are the second derivatives in all unknowns at known
    /// others; the parameters' are the last.
    pub fn new(problem: &'a Problem, schur: &'a SchurComplement, scale: &[f64]) -> Self {
        let path = problem.path_length();
        let root: Vec<f64> = schur
            .parameters
            .iter()
            .map(|p| scale[path + p].sqrt())
            .collect();
        let count = root.len();
        let scaled = |i: usize, j: usize| schur.matrix[(i, j)] / (root[i] * root[j]);
        if count == 0 {
            // An empty matrix has no decomposition.
            return ParameterAxes {
                problem,
                schur,
                curvatures: Vec::new(),
                vectors: Vec::new(),
            };
        }
        let eigen = SymmetricEigen::new(DMatrix::from_fn(count, count, scaled));
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by(|&a, &b| eigen.eigenvalues[a].total_cmp(&eigen.eigenvalues[b]));
        let vector = |&k: &usize| {
            let column = eigen.eigenvectors.column(k);
            column.iter().zip(&root).map(|(v, r)| v / r).collect()
        };
        ParameterAxes {
            problem,
            schur,
            curvatures: order.iter().map(|&k| eigen.eigenvalues[k]).collect(),
            vectors: order.iter().map(vector).collect(),
        }
    }

    /// Directions that are free, to rounding, in free parameters: each row has one parameter, the
    /// longest beside its size, that the others do not have.
    pub fn free(&self, sizes: &[f64]) -> Vec<Vec<f64>> {
        let flat = self.curvatures.iter().filter(|c| **c < MARGIN * FLAT);
        let mut rows: Vec<Vec<f64>> = self.vectors[..flat.count()].to_vec();
        let size = |k: usize| sizes[self.schur.parameters[k]];
        for done in 0..rows.len() {
            let places = (done..rows.len())
                .flat_map(|r| (0..self.schur.parameters.len()).map(move |k| (r, k)));
            let length = |&(r, k): &(usize, usize)| (rows[r][k] / size(k)).abs();
            let longest = places.clone().map(|at| length(&at)).fold(0.0, f64::max);
            let mut long = places.filter(|at| length(at) >= (1.0 - 1e-6) * longest);
            let Some((row, pivot)) = long.next() else {
                break;
            };
            rows.swap(done, row);
            let unit = rows[done].clone();
            for (_, other) in rows.iter_mut().enumerate().filter(|(r, _)| *r != done) {
                let factor = other[pivot] / unit[pivot];
                other
                    .iter_mut()
                    .zip(&unit)
                    .for_each(|(o, u)| *o -= factor * u);
            }
        }
        rows
    }

    /// Direction with the least second derivative.
    pub fn least(&self) -> &[f64] {
        &self.vectors[0]
    }

    /// Words for a direction in the free parameters, with the first states that move along.
    /// `length` is how far it may be moved.
    pub fn describe(&self, vector: &[f64], mode: &[f64], sizes: &[f64], length: f64) -> Direction {
        let schur = self.schur;
        let names: Vec<&str> = self.problem.estimated().collect();
        let mut parts: Vec<DirectionPart> = Vec::new();
        for (k, (&p, &value)) in schur.parameters.iter().zip(vector).enumerate() {
            parts.push(DirectionPart {
                name: names[p].into(),
                value,
                size: sizes[p],
                stiffness: schur.matrix[(k, k)].max(0.0).sqrt(),
            });
        }
        let (model, sets) = (self.problem.model(), self.problem.data().len());
        let d = model.dimension();
        for (set, first) in self.problem.first_points().enumerate() {
            let of = match sets {
                1 => String::new(),
                _ => format!(" of data set {set}"),
            };
            for (i, state) in model.states().iter().enumerate() {
                let k = first * d + i;
                let moved = vector.iter().zip(&schur.paths).map(|(v, path)| v * path[k]);
                let variance = schur.variance_at_known_parameters(k);
                let time = shortest(self.problem.time(first));
                parts.push(DirectionPart {
                    name: format!("{state} at time {time}{of}"),
                    value: moved.sum(),
                    size: if mode[k] == 0.0 { 1.0 } else { mode[k].abs() },
                    stiffness: if variance > 0.0 {
                        1.0 / variance.sqrt()
                    } else {
                        0.0
                    },
                });
            }
        }
        Direction::new(parts, length)
    }
}
