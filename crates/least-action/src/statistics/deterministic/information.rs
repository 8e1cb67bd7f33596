//! Quadratic model of the negative log posterior in first states and parameters, and its solution.

use super::rows::{Pivot, Rows};

/// Rows of least squares of every data set in its first state and the parameters. Unknowns are the
/// first states of all data sets, one after the other, then the parameters.
#[derive(Debug, Clone)]
pub(super) struct Information {
    pub dimension: usize,
    pub parameters: usize,
    /// Rows of each data set, in its first state and the parameters.
    pub sets: Vec<Rows>,
}

/// Smallest share of an unknown's information, as a root, that what others leave of it may have: a
/// smaller one is rounding.
pub(super) const SINGULAR: f64 = 1e-10;

/// Triangular factor of the information, `R^T R`.
#[derive(Debug, Clone)]
pub(super) struct Triangle {
    dimension: usize,
    parameters: usize,
    /// Reduced rows of each data set with their pivots among its first states.
    sets: Vec<(Rows, Vec<Pivot>)>,
    /// Reduced rows in the parameters, with their pivots.
    shared: (Rows, Vec<Pivot>),
    /// Unknowns that are no pivots: held ones, and those that nothing determines.
    free: Vec<usize>,
}

impl Information {
    /// Number of unknowns.
    pub fn unknowns(&self) -> usize {
        self.sets.len() * self.dimension + self.parameters
    }

    /// Unknown that a column of a data set's rows belongs to.
    pub fn unknown(&self, set: usize, column: usize) -> usize {
        match column < self.dimension {
            true => set * self.dimension + column,
            false => (self.sets.len() - 1) * self.dimension + column,
        }
    }

    /// Root of the information about each unknown while all others are known.
    pub fn sizes(&self) -> Vec<f64> {
        let mut squares = vec![0.0; self.unknowns()];
        let mut own = vec![0.0; self.dimension + self.parameters];
        for (set, rows) in self.sets.iter().enumerate() {
            own.fill(0.0);
            rows.add_squares(&mut own);
            for (column, square) in own.iter().enumerate() {
                squares[self.unknown(set, column)] += square;
            }
        }
        squares.into_iter().map(f64::sqrt).collect()
    }

    /// Gradient in the unknowns, `M^T r`.
    pub fn gradient(&self) -> Vec<f64> {
        self.times(|row| row[row.len() - 1])
    }

    /// `M^T M` as a full matrix, row by row.
    pub fn matrix(&self) -> Vec<f64> {
        let n = self.unknowns();
        let mut matrix = vec![0.0; n * n];
        for (set, rows) in self.sets.iter().enumerate() {
            for row in rows.each() {
                for (i, a) in row[..rows.unknowns].iter().enumerate() {
                    for (j, b) in row[..rows.unknowns].iter().enumerate() {
                        matrix[self.unknown(set, i) * n + self.unknown(set, j)] += a * b;
                    }
                }
            }
        }
        matrix
    }

    /// `M^T M` times a vector.
    pub fn multiply(&self, vector: &[f64]) -> Vec<f64> {
        let mut sum = vec![0.0; self.unknowns()];
        for (set, rows) in self.sets.iter().enumerate() {
            for row in rows.each() {
                let product = |k: usize| row[k] * vector[self.unknown(set, k)];
                let total: f64 = (0..rows.unknowns).map(product).sum();
                for (k, m) in row[..rows.unknowns].iter().enumerate() {
                    sum[self.unknown(set, k)] += m * total;
                }
            }
        }
        sum
    }

    fn times(&self, factor: impl Fn(&[f64]) -> f64) -> Vec<f64> {
        let mut sum = vec![0.0; self.unknowns()];
        for (set, rows) in self.sets.iter().enumerate() {
            for row in rows.each() {
                let factor = factor(row);
                for (k, m) in row[..rows.unknowns].iter().enumerate() {
                    sum[self.unknown(set, k)] += m * factor;
                }
            }
        }
        sum
    }

    /// Triangle of the rows. Unknowns with a change in `held` are changed by it and are no pivots.
    /// The square of its number in `roots` is added to the information of every other unknown.
    pub fn triangle(&self, held: &[Option<f64>], roots: &[f64]) -> Triangle {
        let (d, p) = (self.dimension, self.parameters);
        let mut shared = Rows::new(p);
        let first = self.sets.len() * d;
        let mut free = Vec::new();
        let sets = self.sets.iter().enumerate().map(|(set, rows)| {
            let mut rows = rows.clone();
            for row in rows.values.chunks_exact_mut(d + p + 1) {
                for k in 0..d + p {
                    if let Some(change) = held[self.unknown(set, k)] {
                        row[d + p] += row[k] * change;
                        row[k] = 0.0;
                    }
                }
            }
            let is_added = |k: usize| held[k].is_none() && roots[k] > 0.0;
            for k in (0..d).filter(|&k| is_added(set * d + k)) {
                rows.push()[k] = roots[set * d + k];
            }
            let pivots = rows.triangularize(0..d);
            for row in rows.each().skip(pivots.len()) {
                shared.push().copy_from_slice(&row[d..]);
            }
            rows.values.truncate(pivots.len() * (d + p + 1));
            let missing = (0..d).filter(|&k| pivots.iter().all(|pivot| pivot.unknown != k));
            free.extend(missing.map(|k| set * d + k));
            (rows, pivots)
        });
        let sets: Vec<(Rows, Vec<Pivot>)> = sets.collect();
        for k in (0..p).filter(|&k| held[first + k].is_none() && roots[first + k] > 0.0) {
            shared.push()[k] = roots[first + k];
        }
        let pivots = shared.triangularize(0..p);
        shared.values.truncate(pivots.len() * (p + 1));
        let missing = (0..p).filter(|&k| pivots.iter().all(|pivot| pivot.unknown != k));
        free.extend(missing.map(|k| first + k));
        Triangle {
            dimension: d,
            parameters: p,
            sets,
            shared: (shared, pivots),
            free,
        }
    }
}

impl Triangle {
    fn first_parameter(&self) -> usize {
        self.sets.len() * self.dimension
    }

    /// Pivots of all rows, with the number of the unknown.
    pub fn pivots(&self) -> impl Iterator<Item = Pivot> + '_ {
        let d = self.dimension;
        let sets = self.sets.iter().enumerate();
        let own = sets.flat_map(move |(set, (_, pivots))| {
            pivots.iter().map(move |pivot| Pivot {
                unknown: set * d + pivot.unknown,
                size: pivot.size,
            })
        });
        let first = self.first_parameter();
        own.chain(self.shared.1.iter().map(move |pivot| Pivot {
            unknown: first + pivot.unknown,
            size: pivot.size,
        }))
    }

    /// Unknown of a data set's or the shared rows that is not determined beside the others, if
    /// there is one that is not held.
    pub fn undetermined(&self, held: &[Option<f64>], sizes: &[f64]) -> Option<usize> {
        let free = self.free.iter().copied();
        let free = free.filter(|&k| held[k].is_none());
        let weak = self.pivots();
        let weak = weak.filter(|pivot| pivot.size <= SINGULAR * sizes[pivot.unknown]);
        free.chain(weak.map(|pivot| pivot.unknown)).next()
    }

    /// Vector of all unknowns in which `unknown` is 1 and the others follow, so that no row of
    /// another pivot changes: the direction that is left if `unknown` is not determined.
    pub fn direction(&self, unknown: usize) -> Vec<f64> {
        let mut vector = vec![0.0; self.first_parameter() + self.parameters];
        vector[unknown] = 1.0;
        self.substitute(&mut vector, Some(unknown), |_| 0.0);
        vector
    }

    /// Step to the minimum of the quadratic model; `held` unknowns change as given, those without a
    /// pivot do not.
    pub fn step(&self, held: &[Option<f64>]) -> Vec<f64> {
        let mut vector: Vec<f64> = held.iter().map(|change| change.unwrap_or(0.0)).collect();
        // The changes of held unknowns are in the rows' residuals already.
        let changes = vector.clone();
        vector.fill(0.0);
        self.substitute(&mut vector, None, |row| row[row.len() - 1]);
        vector.iter_mut().zip(&changes).for_each(|(v, c)| *v += c);
        vector
    }

    /// Back substitution `R z + r = 0`, with the residual of each row by `residual`. A pivot that
    /// is `kept` keeps its value in the vector.
    fn substitute(
        &self,
        vector: &mut [f64],
        kept: Option<usize>,
        residual: impl Fn(&[f64]) -> f64,
    ) {
        let d = self.dimension;
        let first = self.first_parameter();
        back(&self.shared, kept, first, 0, 0, vector, |_, row| {
            residual(row)
        });
        for (set, rows) in self.sets.iter().enumerate() {
            back(rows, kept, set * d, d, first, vector, |_, row| {
                residual(row)
            });
        }
    }

    /// Natural logarithm of the determinant of `R^T R`.
    pub fn log_determinant(&self) -> f64 {
        2.0 * self
            .pivots()
            .map(|pivot| libm::log(pivot.size))
            .sum::<f64>()
    }

    /// Inverse W of the part of R that belongs to one data set and the parameters: (D + P) x (D +
    /// P), row-major, so that W W^T is their covariance. Rows of unknowns without a pivot are zero.
    pub fn inverse(&self, set: usize) -> Vec<f64> {
        let (d, p) = (self.dimension, self.parameters);
        let width = d + p;
        let first = self.first_parameter();
        let mut inverse = vec![0.0; width * width];
        let mut unit = vec![0.0; first + p];
        for column in 0..width {
            let place = |k: usize| if k < d { set * d + k } else { first + k - d };
            unit.fill(0.0);
            let own = place(column);
            if self.pivots().all(|pivot| pivot.unknown != own) {
                continue;
            }
            unit[own] = 1.0;
            let given = unit.clone();
            unit.fill(0.0);
            back(&self.shared, None, first, 0, 0, &mut unit, |k, _| {
                -given[first + k]
            });
            back(
                &self.sets[set],
                None,
                set * d,
                d,
                first,
                &mut unit,
                |k, _| -given[set * d + k],
            );
            for row in 0..width {
                inverse[row * width + column] = unit[place(row)];
            }
        }
        inverse
    }
}

/// Back substitution in one triangle: unknowns from `offset` on, and from `others` on those of the
/// columns from `own` on, which are known.
fn back(
    (rows, pivots): &(Rows, Vec<Pivot>),
    kept: Option<usize>,
    offset: usize,
    own: usize,
    others: usize,
    vector: &mut [f64],
    residual: impl Fn(usize, &[f64]) -> f64,
) {
    let own = if own == 0 { rows.unknowns } else { own };
    let width = rows.width();
    for (i, pivot) in pivots.iter().enumerate().rev() {
        let row = &rows.values[i * width..(i + 1) * width];
        let unknown = offset + pivot.unknown;
        if kept == Some(unknown) {
            continue;
        }
        let mut sum = residual(pivot.unknown, row);
        for (k, m) in row[..rows.unknowns].iter().enumerate() {
            if k == pivot.unknown {
                continue;
            }
            let place = if k < own {
                offset + k
            } else {
                others + k - own
            };
            sum += m * vector[place];
        }
        vector[unknown] = -sum / row[pivot.unknown];
    }
}
