//! Finer time grids: the same data with more points of the path between measurements.

use super::{Normalization, Observations, Precision, Problem};
use crate::model::{ModelKind, Points, Scratch};

impl Observations {
    /// These measurements on a grid with `parts` times as many steps. There are no measurements
    /// at the points in between, and inputs are straight lines there, as the discretisations and
    /// [`crate::twin`] take them.
    ///
    /// ```
    /// use least_action::Observations;
    ///
    /// let data = Observations {
    ///     time_step: 1.0,
    ///     points: 3,
    ///     observed: vec![0],
    ///     values: vec![1.0, 2.0, 4.0],
    ///     ..Observations::default()
    /// };
    /// let fine = data.refined(2);
    /// assert_eq!((fine.points, fine.time_step), (5, 0.5));
    /// assert!(fine.values[1].is_nan() && fine.values[4] == 4.0);
    /// ```
    pub fn refined(&self, parts: usize) -> Observations {
        let points = (self.points - 1) * parts + 1;
        let width = self.observed.len();
        let mut values = vec![f64::NAN; points * width];
        for (row, from) in self.values.chunks_exact(width.max(1)).enumerate() {
            values[row * parts * width..][..width].copy_from_slice(from);
        }
        Observations {
            start: self.start,
            time_step: self.time_step / parts as f64,
            points,
            observed: self.observed.clone(),
            values,
            inputs: in_between(&self.inputs, self.points, parts),
        }
    }
}

/// Rows at `points` points on a grid with `parts` times as many steps, straight lines in between.
pub(crate) fn in_between(rows: &[f64], points: usize, parts: usize) -> Vec<f64> {
    let width = rows.len() / points.max(1);
    let mut fine = Vec::new();
    for n in 0..points * usize::from(width > 0) {
        let before = &rows[n * width..][..width];
        fine.extend_from_slice(before);
        let Some(after) = rows.get((n + 1) * width..(n + 2) * width) else {
            break;
        };
        for part in 1..parts {
            let share = part as f64 / parts as f64;
            let ends = before.iter().zip(after);
            fine.extend(ends.map(|(a, b)| a + share * (b - a)));
        }
    }
    fine
}

impl Precision {
    /// This precision on a grid with `parts` times as many steps, for data sets with `points`
    /// points each. A point in between has the number of the point before it.
    pub(crate) fn refined(&self, parts: usize, points: &[usize]) -> Precision {
        match self {
            Precision::PerTime { per_time } => Precision::PerTime {
                per_time: refined_rows(per_time, parts, points),
            },
            Precision::PerDatum { per_datum } => Precision::PerDatum {
                per_datum: refined_rows(per_datum, parts, points),
            },
            other => other.clone(),
        }
    }
}

/// Rows of all data sets on a grid with `parts` times as many steps; those of points in between are
/// those of the point before.
fn refined_rows<T: Clone>(rows: &[T], parts: usize, points: &[usize]) -> Vec<T> {
    let mut first = 0;
    let mut fine = Vec::new();
    for &count in points {
        let own = &rows[first..first + count];
        fine.extend((0..(count - 1) * parts + 1).map(|point| own[point / parts].clone()));
        first += count;
    }
    fine
}

/// Factor of R_f on a grid with `parts` times as many steps, for which the model's errors have the
/// same variance per unit of time: the variance of the error of one step falls with its length. In
/// means of squares, R_f also counts the residuals, of which there are as many times more.
pub(crate) fn model_precision_factor(normalization: Normalization, parts: usize) -> f64 {
    let parts = parts as f64;
    match normalization {
        Normalization::Posterior => parts,
        Normalization::Mean => parts * parts,
    }
}

impl Problem {
    /// Path on a grid with `parts` times as many steps: cubic Hermite interpolation with the
    /// model's own slopes. Where the path does not follow these, as on a grid that is far too
    /// coarse, the cubic departs from the straight line by no more than the path changes nearby.
    pub(crate) fn interpolate(&self, path: &[f64], estimated: &[f64], parts: usize) -> Vec<f64> {
        let d = self.model.dimension();
        let mut parameters = self.parameters.clone();
        for (&index, &value) in self.estimated.iter().zip(estimated) {
            parameters[index] = value;
        }
        let mut slopes = vec![0.0; path.len()];
        if self.model.kind() == ModelKind::Flow {
            let at = Points {
                states: path,
                parameters: &parameters,
                inputs: &self.grid.points.inputs,
                times: &self.grid.points.times,
            };
            self.model
                .evaluate(&mut Scratch::default(), at, &mut slopes);
        }
        let own = d - self.varying.len();
        let mut fine = Vec::new();
        for segment in &self.grid.segments {
            let rows = &path[segment.first * d..][..segment.points * d];
            let slopes = &slopes[segment.first * d..][..segment.points * d];
            let change = |n: usize, i: usize| match (n + 1) * d + i < rows.len() {
                true => rows[(n + 1) * d + i] - rows[n * d + i],
                false => 0.0,
            };
            for n in 0..segment.points - 1 {
                for part in 0..parts {
                    let share = part as f64 / parts as f64;
                    for i in 0..d {
                        let (x, rise) = (rows[n * d + i], change(n, i));
                        let ends = [slopes[n * d + i], slopes[(n + 1) * d + i]];
                        let [early, late] = ends.map(|slope| segment.time_step * slope - rise);
                        let bend = share * (1.0 - share) * ((1.0 - share) * early - share * late);
                        let most = change(n.saturating_sub(1), i).abs()
                            + rise.abs()
                            + change(n + 1, i).abs();
                        // Parameters that change in time follow no equation.
                        let bend = match i < own && bend.is_finite() && most.is_finite() {
                            true => bend.clamp(-most, most),
                            false => 0.0,
                        };
                        fine.push(match part {
                            0 => x,
                            _ => x + share * rise + bend,
                        });
                    }
                }
            }
            fine.extend_from_slice(&rows[rows.len() - d..]);
        }
        fine
    }
}
