//! Time grid of a path: the points of all data sets, one set after the other, with their times and
//! inputs.

use super::Observations;

/// Points of one data set within the path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Segment {
    /// Position of the segment's first point in the path.
    pub first: usize,
    pub points: usize,
    /// Time between two points, h, in the model's unit of time; on an uneven grid the step that
    /// R_f belongs to.
    pub time_step: f64,
}

/// Times and inputs at a run of points.
#[derive(Debug, Clone, Default)]
pub(crate) struct Forcing {
    pub times: Vec<f64>,
    /// Values of the inputs, points x inputs, row-major.
    pub inputs: Vec<f64>,
}

/// Times and inputs of all points of a path, with its segments.
#[derive(Debug, Clone)]
pub(crate) struct Grid {
    pub segments: Vec<Segment>,
    /// Number of inputs of the model.
    pub width: usize,
    pub points: Forcing,
    /// Times and inputs halfway from each point to the next one. Inputs are straight lines between
    /// points. The entry at the end of a segment is not used.
    pub middles: Forcing,
    /// Time from each point to the next one, where a segment is not evenly spaced; empty if all
    /// are. The entry at the end of a segment is not used.
    pub steps: Vec<f64>,
}

impl Grid {
    /// Grid of data sets that have been checked; `width` is the number of inputs.
    pub fn new(data: &[Observations], width: usize) -> Self {
        let mut segments = Vec::new();
        let mut points = Forcing::default();
        for set in data {
            segments.push(Segment {
                first: points.times.len(),
                points: set.points,
                time_step: set.time_step,
            });
            points.times.extend((0..set.points).map(|n| set.time(n)));
            points.inputs.extend_from_slice(&set.inputs);
        }
        let halfway = |values: &[f64], width: usize| -> Vec<f64> {
            let later = &values[width.min(values.len())..];
            values
                .iter()
                .zip(later)
                .map(|(a, b)| 0.5 * (a + b))
                .collect()
        };
        let steps = match data.iter().all(|set| set.times.is_empty()) {
            true => Vec::new(),
            false => data.iter().flat_map(steps_of).collect(),
        };
        Grid {
            steps,
            middles: Forcing {
                times: halfway(&points.times, 1),
                inputs: halfway(&points.inputs, width),
            },
            segments,
            width,
            points,
        }
    }

    /// Grid without times and inputs, for what depends on the segments only.
    pub fn of_segments(segments: Vec<Segment>, width: usize) -> Self {
        Grid {
            segments,
            width,
            points: Forcing::default(),
            middles: Forcing::default(),
            steps: Vec::new(),
        }
    }

    /// Time from the n-th point of a segment to the next one.
    pub fn step(&self, segment: &Segment, n: usize) -> f64 {
        match self.steps.get(segment.first + n) {
            Some(&step) => step,
            None => segment.time_step,
        }
    }

    /// Weights of the model's residuals that belong to these points: errors of the model grow with
    /// the time in which they arise, so that the variance of a step is its length over `time_step`
    /// as large. Empty on an even grid.
    pub fn shares_of_step(&self, row_points: &[usize]) -> Vec<f64> {
        if self.steps.is_empty() {
            return Vec::new();
        }
        let mut segments = self.segments.iter().peekable();
        let mut of_point = |&point: &usize| {
            while segments
                .next_if(|segment| segment.first + segment.points <= point)
                .is_some()
            {}
            let segment = segments.peek();
            segment.map_or(1.0, |segment| segment.time_step / self.steps[point])
        };
        row_points.iter().map(&mut of_point).collect()
    }

    /// Number of points in all segments.
    pub fn len(&self) -> usize {
        self.points.times.len()
    }
}

/// Time from each point of a data set to the next one, and one number more. Two steps that are
/// equal but for rounding are made so, as schemes on pairs of steps take them.
fn steps_of(set: &Observations) -> Vec<f64> {
    let mut steps: Vec<f64> = match set.times.is_empty() {
        true => vec![set.time_step; set.points - 1],
        false => set.times.windows(2).map(|pair| pair[1] - pair[0]).collect(),
    };
    for pair in steps.chunks_exact_mut(2) {
        if are_equal(pair[0], pair[1]) {
            let mean = 0.5 * (pair[0] + pair[1]);
            pair.fill(mean);
        }
    }
    steps.push(set.time_step);
    steps
}

/// Largest difference of two steps, relative to their length, that is a rounding error.
const ROUNDING: f64 = 1e-6;

/// True if two steps differ by rounding errors only.
pub(super) fn are_equal(a: f64, b: f64) -> bool {
    (a - b).abs() <= ROUNDING * a.max(b)
}
