//! Finer time grids: the same data with more points of the path between measurements.

use super::noise::Whitening;
use super::{Action, Discretization, Normalization, Observations, Precision, Problem};
use crate::model::{JumpMemory, ModelKind, Points, Scratch};
use crate::solve::RowGroup;

impl Observations {
    /// These measurements on a grid with `parts` times as many steps. There are no measurements
    /// at the points in between, and inputs are as [`Observations::interpolation`] says.
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
        let is_even = self.times.is_empty();
        let mut fine = self.divided(&vec![parts; self.points - 1]);
        fine.time_step = self.time_step / parts as f64;
        if is_even {
            fine.times = Vec::new();
        }
        fine
    }
}

impl Precision {
    /// This precision on a grid with `parts` times as many steps, for data sets with `points`
    /// points each. A point in between has the number of the point before it.
    pub(crate) fn refined(&self, parts: usize, points: &[usize]) -> Precision {
        let divisions = points.iter().map(|count| vec![parts; count - 1]);
        self.divided(&divisions.collect::<Vec<_>>())
    }
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
        let forcing = self.grid.piece_points();
        let states = self.after_jumps(path, &parameters);
        let mut slopes = vec![0.0; states.len()];
        if self.model.kind() == ModelKind::Flow {
            let at = Points {
                states: &states,
                parameters: &parameters,
                inputs: &forcing.inputs,
                times: &forcing.times,
            };
            self.model
                .evaluate(&mut Scratch::default(), at, &mut slopes);
        }
        let own = d - self.varying.len();
        let mut fine = Vec::new();
        let mut pieces = self.grid.pieces.iter().peekable();
        while let Some(piece) = pieces.next() {
            let segment = &piece.segment;
            let side = piece.side * d..(piece.side + segment.points) * d;
            let (rows, slopes) = (&states[side.clone()], &slopes[side]);
            let change = |n: usize, i: usize| match (n + 1) * d + i < rows.len() {
                true => rows[(n + 1) * d + i] - rows[n * d + i],
                false => 0.0,
            };
            for n in 0..segment.points - 1 {
                let step = self.grid.step(segment, n);
                let before = &path[(segment.first + n) * d..][..d];
                for part in 0..parts {
                    let share = part as f64 / parts as f64;
                    for i in 0..d {
                        let (x, rise) = (rows[n * d + i], change(n, i));
                        let ends = [slopes[n * d + i], slopes[(n + 1) * d + i]];
                        let [early, late] = ends.map(|slope| step * slope - rise);
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
                            0 => before[i],
                            _ => x + share * rise + bend,
                        });
                    }
                }
            }
            let end = segment.first + segment.points - 1;
            if pieces.peek().is_none_or(|next| next.segment.first != end) {
                fine.extend_from_slice(&path[end * d..][..d]);
            }
        }
        fine
    }

    /// States at the points of all pieces, each of which begins after the jump at its first point.
    fn after_jumps(&self, path: &[f64], parameters: &[f64]) -> Vec<f64> {
        let d = self.model.dimension();
        let mut memory = JumpMemory::default();
        let mut states = Vec::with_capacity(path.len());
        for piece in &self.grid.pieces {
            let first = states.len();
            states.extend_from_slice(&path[piece.segment.first * d..][..piece.segment.points * d]);
            let jump = piece.state_jump.map(|jump| &self.grid.state_jumps[jump]);
            if let Some((events, jump)) = self.model.events().zip(jump) {
                jump.apply(events, parameters, &mut memory, &mut states[first..][..d]);
            }
        }
        states
    }
}

/// Ratio of the Hermite residuals of an interpolated path to its defect, up to which its midpoints
/// are those of the finer grid.
const ON_GRID: f64 = 1e-2;
/// Residual, beside the largest state, that is a rounding error.
const ROUNDING: f64 = 1e-13;

impl Problem {
    /// Defect of a path on `fine`, the grid with steps half as long: the residuals that the finer
    /// grid has in place of the ones of this grid, less these, in the order of `rows`, the model's
    /// rows on this grid. `path` is [`Problem::interpolate`]d.
    ///
    /// Simpson's rule on both halves of a triple gives the residuals of its last point and, by the
    /// halves' difference, of its middle. Interpolated midpoints have no Hermite residual, so that
    /// they are eliminated exactly. `None` for other schemes, for weights that couple residuals,
    /// and where the path was not interpolated by the finer grid's own slopes.
    pub(crate) fn defect(
        &self,
        fine: &Problem,
        (path, parameters): (&[f64], &[f64]),
        rows: &RowGroup,
    ) -> Option<Vec<f64>> {
        let is_coupled = matches!(self.model_noise.whitening, Whitening::Factors { .. });
        if self.discretization != Discretization::SimpsonHermite || is_coupled {
            return None;
        }
        let mut action = Action::new(fine);
        action.evaluate(1.0, path, parameters).ok()?;
        let d = self.model.dimension();
        let mut defect = Vec::with_capacity(rows.residuals.len());
        let mut sums = vec![[0.0; 2]; d];
        let there = action.residuals.values.chunks_exact(4 * d);
        let blocks = rows.values.chunks_exact(rows.entries());
        let here = rows.residuals.chunks_exact(2 * d);
        for ((there, here), values) in there.zip(here).zip(blocks) {
            // Simpson and Hermite residuals of the first half, and of the second.
            let [first, hermite, second, other] = [0, 1, 2, 3].map(|r| &there[r * d..][..d]);
            let middle: Vec<f64> = (0..d)
                .map(|i| 0.5 * (first[i] - second[i]) - here[d + i])
                .collect();
            for (i, [change, off]) in sums.iter_mut().enumerate() {
                // The finer grid's integral depends on the middle by h F', that of this grid by (4
                // h / 3) F', where the middle moves as it should.
                let entries = rows.row_start[i] as usize..rows.row_start[i + 1] as usize;
                let moved = entries.filter_map(|e| {
                    let state = (rows.columns[e] as usize).checked_sub(d)?;
                    Some(0.25 * values[e] * middle.get(state)?)
                });
                let end = first[i] + second[i] - here[i] + moved.sum::<f64>();
                *change += end * end;
                *off += hermite[i] * hermite[i] + other[i] * other[i];
                defect.push(end);
            }
            defect.extend(middle);
        }
        let is_on_grid = sums.iter().enumerate().all(|(i, [change, off])| {
            let values = path[i..].iter().step_by(d);
            let largest = values.fold(0.0, |most: f64, x| most.max(x.abs()));
            let count = (path.len() / d) as f64;
            off.sqrt() <= ON_GRID * change.sqrt() + ROUNDING * largest * count.sqrt()
        });
        is_on_grid.then_some(defect)
    }
}
