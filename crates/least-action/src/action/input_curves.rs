//! Inputs along a time grid, with their jumps.

use std::borrow::Cow;

use super::interpolation::value_at;
use super::{Interpolation, Jump, Observations};

/// Inputs at the points of a time grid, and between them.
pub(crate) struct InputCurves<'a> {
    times: Cow<'a, [f64]>,
    inputs: &'a [f64],
    interpolation: &'a [Interpolation],
    jumps: &'a [Jump],
    /// Number of inputs.
    width: usize,
    /// First and last point of each piece between jumps.
    ends: Vec<usize>,
}

/// Times, inputs and jumps on a grid.
pub(crate) struct DividedInputs {
    pub times: Vec<f64>,
    pub inputs: Vec<f64>,
    pub jumps: Vec<Jump>,
}

/// First point, jumps and last point of a grid, ascending: between them everything is smooth.
pub(super) fn smooth_ends(points: usize, jumps: &[Jump]) -> Vec<usize> {
    let last = points - 1;
    let inside = jumps.iter().map(|jump| jump.point);
    let inside = inside.filter(|&point| 0 < point && point < last);
    [0].into_iter().chain(inside).chain([last]).collect()
}

impl<'a> InputCurves<'a> {
    /// Inputs of a data set.
    pub fn of(set: &'a Observations) -> Self {
        let times = (0..set.points).map(|n| set.time(n)).collect();
        InputCurves::new(
            Cow::Owned(times),
            &set.inputs,
            &set.interpolation,
            &set.jumps,
        )
    }

    /// Inputs, points x inputs, at ascending times; empty lists stand for straight lines and for no
    /// jumps.
    pub fn new(
        times: Cow<'a, [f64]>,
        inputs: &'a [f64],
        interpolation: &'a [Interpolation],
        jumps: &'a [Jump],
    ) -> Self {
        InputCurves {
            width: inputs.len() / times.len(),
            ends: smooth_ends(times.len(), jumps),
            times,
            inputs,
            interpolation,
            jumps,
        }
    }

    /// Inputs at a point, before a jump.
    pub fn at(&self, point: usize) -> &'a [f64] {
        &self.inputs[point * self.width..][..self.width]
    }

    /// Jump at a point.
    pub fn jump(&self, point: usize) -> Option<&'a Jump> {
        let place = self.jumps.binary_search_by_key(&point, |jump| jump.point);
        place.ok().map(|k| &self.jumps[k])
    }

    /// Inputs at a point as the beginning of what follows, after a jump.
    pub fn after(&self, point: usize) -> &'a [f64] {
        let inputs = self.jump(point).map(|jump| &jump.inputs[..]);
        inputs.filter(|u| !u.is_empty()).unwrap_or(self.at(point))
    }

    /// Adds the inputs a `share` of the way from a point to the next one.
    fn add_between(&self, point: usize, share: f64, into: &mut Vec<f64>) {
        let first = into.len();
        let ends = self.after(point).iter().zip(self.at(point + 1));
        into.extend(ends.map(|(a, b)| a + share * (b - a)));
        let (start, end) = (self.times[point], self.times[point + 1]);
        self.each_cubic(point, |k, value| {
            into[first + k] = value(start + share * (end - start));
        });
    }

    /// Coefficients b and c of each input's departure `s (1 - s) (b + c s)` from the straight line
    /// to the next point, a share s of the way; empty where no input is cubic.
    pub fn bends(&self, point: usize) -> Vec<[f64; 2]> {
        let mut bends = Vec::new();
        let (start, end) = (self.times[point], self.times[point + 1]);
        let (before, after) = (self.after(point), self.at(point + 1));
        self.each_cubic(point, |k, value| {
            bends.resize(self.width, [0.0; 2]);
            let [early, late] = [1.0 / 3.0, 2.0 / 3.0].map(|s| {
                let line = before[k] + s * (after[k] - before[k]);
                (value(start + s * (end - start)) - line) / (s * (1.0 - s))
            });
            bends[k] = [2.0 * early - late, 3.0 * (late - early)];
        });
        bends
    }

    /// Calls `see` with the number of each cubic input and its curve from a point to the next one.
    fn each_cubic(&self, point: usize, mut see: impl FnMut(usize, &dyn Fn(f64) -> f64)) {
        let all = self.interpolation.iter().enumerate();
        let mut cubic = all
            .filter(|(_, &how)| how == Interpolation::Cubic)
            .peekable();
        if cubic.peek().is_none() {
            return;
        }
        // The points that a cubic polynomial takes, and no others.
        let next = self.ends.partition_point(|&end| end <= point);
        let (low, high) = (self.ends[next - 1], self.ends[next]);
        let nodes = low.max(point.saturating_sub(3))..=high.min(point + 4);
        let times = &self.times[nodes.clone()];
        let rows: Vec<f64> = nodes
            .clone()
            .flat_map(|n| match n == low {
                true => self.after(n),
                false => self.at(n),
            })
            .copied()
            .collect();
        let first = point - nodes.start();
        for (k, &how) in cubic {
            let place = [k, self.width];
            see(k, &|at| value_at(how, times, &rows, place, first, at));
        }
    }

    /// The inputs on a grid where each gap is divided into a number of equal steps.
    pub fn divided(&self, divisions: &[usize]) -> DividedInputs {
        let mut grid = DividedInputs {
            times: Vec::new(),
            inputs: Vec::new(),
            jumps: Vec::new(),
        };
        for (n, &time) in self.times.iter().enumerate() {
            let parts = divisions.get(n).copied().unwrap_or(1);
            let jump = self.jump(n).map(|jump| jump.at(grid.times.len()));
            grid.jumps.extend(jump);
            grid.times.push(time);
            grid.inputs.extend_from_slice(self.at(n));
            for part in 1..parts {
                let share = part as f64 / parts as f64;
                grid.times.push(time + share * (self.times[n + 1] - time));
                self.add_between(n, share, &mut grid.inputs);
            }
        }
        grid
    }
}
