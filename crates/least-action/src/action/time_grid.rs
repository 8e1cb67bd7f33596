//! Time grids that a discretisation can take, through all times of the data.

use super::grid::are_equal;
use super::input_curves::InputCurves;
use super::{Discretization, Observations, Precision};

/// Share of a step by which a gap may be longer than a whole number of steps.
const SLACK: f64 = 1e-6;

impl Observations {
    /// These measurements on a grid whose steps are no longer than `time_step` and, where the
    /// discretisation works on pairs of steps, come in pairs of one length. Every point of the data
    /// is one of the grid. At points in between there are no measurements, and inputs are straight
    /// lines. A grid that the discretisation can take stays as it is, whatever `time_step` is where
    /// no `times` are given.
    ///
    /// ```
    /// use least_action::{Discretization, Observations};
    ///
    /// let data = Observations {
    ///     start: 0.0,
    ///     time_step: 1.0,
    ///     points: 3,
    ///     times: vec![0.0, 0.5, 3.5],
    ///     observed: vec![0],
    ///     values: vec![1.0, 2.0, 4.0],
    ///     ..Observations::default()
    /// };
    /// let grid = data.on_grid_of(Discretization::Trapezoid);
    /// assert_eq!(grid.times, [0.0, 0.5, 1.5, 2.5, 3.5]);
    /// let pairs = data.on_grid_of(Discretization::SimpsonHermite);
    /// assert_eq!(pairs.times, [0.0, 0.25, 0.5, 1.25, 2.0, 2.75, 3.5]);
    /// ```
    pub fn on_grid_of(&self, discretization: Discretization) -> Observations {
        match self.divisions(discretization) {
            Some(divisions) => self.divided(&divisions),
            None => self.clone(),
        }
    }

    /// Number of steps into which the gap after each point but the last is divided; `None` if the
    /// grid stays as it is. The measurements must have been checked.
    pub(crate) fn divisions(&self, discretization: Discretization) -> Option<Vec<usize>> {
        let pairs = discretization.steps_together() > 1;
        let is_even = self.times.is_empty();
        let ends = self.smooth_ends();
        let is_odd = |ends: &[usize]| !(ends[1] - ends[0]).is_multiple_of(2);
        let is_open = pairs && ends.windows(2).any(is_odd);
        if discretization.order() == 0 || (is_even && !is_open) {
            return None;
        }
        let gap = |n: usize| self.time(n + 1) - self.time(n);
        let parts = |n: usize| match is_even {
            true => 1,
            false => (gap(n) / self.time_step - SLACK).ceil().max(1.0) as usize,
        };
        let mut divisions: Vec<usize> = (0..self.points - 1).map(parts).collect();
        for ends in ends.windows(2).filter(|_| pairs) {
            let mut is_open = false;
            for n in ends[0]..ends[1] {
                if divisions[n].is_multiple_of(2) {
                    continue;
                }
                let step = |n: usize| gap(n) / divisions[n] as f64;
                let is_alike = |&m: &usize| are_equal(step(n), step(m));
                // A pair may close at the next odd gap, where all steps until then are equal.
                let goes_on = || {
                    let mut alike = (n + 1..ends[1]).take_while(is_alike);
                    alike.any(|m| !divisions[m].is_multiple_of(2))
                };
                match is_open || goes_on() {
                    true => is_open = !is_open,
                    false => divisions[n] += 1,
                }
            }
        }
        divisions
            .iter()
            .any(|&parts| parts > 1)
            .then_some(divisions)
    }

    /// These measurements with each gap divided into a number of equal steps.
    pub(crate) fn divided(&self, divisions: &[usize]) -> Observations {
        let width = self.observed.len();
        let mut values = Vec::new();
        for (n, row) in self.values.chunks_exact(width.max(1)).enumerate() {
            values.extend_from_slice(row);
            let parts = divisions.get(n).copied().unwrap_or(1);
            values.extend(std::iter::repeat_n(f64::NAN, (parts - 1) * width));
        }
        let all = InputCurves::of(self).divided(divisions);
        Observations {
            points: all.times.len(),
            times: all.times,
            values,
            inputs: all.inputs,
            jumps: all.jumps,
            ..self.clone()
        }
    }
}

impl Precision {
    /// This precision on a grid where gaps are divided, for data sets one after the other: points
    /// in between have the number of the point before them.
    pub(crate) fn divided(&self, sets: &[Vec<usize>]) -> Precision {
        match self {
            Precision::PerTime { per_time } => Precision::PerTime {
                per_time: divided_rows(per_time, sets),
            },
            Precision::PerDatum { per_datum } => Precision::PerDatum {
                per_datum: divided_rows(per_datum, sets),
            },
            other => other.clone(),
        }
    }
}

/// Rows of all data sets on a grid where gaps are divided. Rows of the wrong number stay as they
/// are, to be refused later.
fn divided_rows<T: Clone>(rows: &[T], sets: &[Vec<usize>]) -> Vec<T> {
    let repeats = sets.iter().flat_map(|set| set.iter().copied().chain([1]));
    if rows.len() != repeats.clone().count() {
        return rows.to_vec();
    }
    rows.iter()
        .zip(repeats)
        .flat_map(|(row, parts)| std::iter::repeat_n(row.clone(), parts))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(times: &[f64], time_step: f64) -> Observations {
        Observations {
            start: times[0],
            time_step,
            points: times.len(),
            times: times.to_vec(),
            observed: vec![0],
            values: times.to_vec(),
            inputs: times.iter().map(|t| 2.0 * t).collect(),
            ..Observations::default()
        }
    }

    #[test]
    fn steps_come_in_pairs_and_are_no_longer_than_asked() {
        let odd = [0.0, 0.25, 0.57, 1.12, 2.02, 3.82, 5.1, 24.37];
        for step in [0.1, 1.0, 3.0, 100.0] {
            for scheme in Discretization::FLOWS {
                let grid = at(&odd, step).on_grid_of(scheme);
                let gaps: Vec<f64> = grid.times.windows(2).map(|t| t[1] - t[0]).collect();
                assert!(gaps.iter().all(|gap| *gap <= step * 1.001), "{gaps:?}");
                if scheme == Discretization::SimpsonHermite {
                    assert!(gaps.chunks(2).all(|pair| are_equal(pair[0], pair[1])));
                }
                let kept = grid.times.iter().zip(&grid.values);
                let kept = kept.filter(|(_, y)| !y.is_nan());
                assert!(kept.clone().all(|(t, y)| t == y) && kept.count() == odd.len());
                let inputs = grid.times.iter().zip(&grid.inputs);
                assert!(inputs.clone().all(|(t, u)| (2.0 * t - u).abs() < 1e-12));
            }
        }
    }

    #[test]
    fn points_are_added_only_where_they_are_needed() {
        let simpson = Discretization::SimpsonHermite;
        // Six equal steps and two halves of the seventh.
        let even = Observations {
            times: vec![],
            time_step: 1.0,
            ..at(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], 1.0)
        };
        let divisions = even.divisions(simpson).unwrap();
        assert_eq!(divisions, [1, 1, 1, 1, 1, 1, 2]);
        assert_eq!(even.divisions(Discretization::Rk4), None);
        // A pair across two gaps, also with a gap of two such steps between.
        let pairs = at(&[0.0, 1.0, 3.0, 4.0, 4.5], 1.0);
        assert_eq!(pairs.divisions(simpson).unwrap(), [1, 2, 1, 2]);
        let open = at(&[0.0, 1.0, 3.0, 4.2], 1.5);
        assert_eq!(open.divisions(simpson).unwrap(), [2, 2, 2]);
        assert_eq!(at(&[0.0, 0.5, 1.0], 1.0).divisions(simpson), None);
    }
}
