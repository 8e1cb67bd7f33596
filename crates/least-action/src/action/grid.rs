//! Time grid of a path: the points of all data sets, one set after the other, with their times and
//! inputs.

use super::Observations;

/// Points of one data set within the path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Segment {
    /// Position of the segment's first point in the path.
    pub first: usize,
    pub points: usize,
    /// Time between two points, h, in the model's unit of time.
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
        Grid {
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
        }
    }

    /// Number of points in all segments.
    pub fn len(&self) -> usize {
        self.points.times.len()
    }
}
