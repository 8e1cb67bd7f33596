//! The points of all data sets, one set after the other: when they are, and what the inputs are
//! there.

use super::Observations;

/// One data set's run of points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Segment {
    /// Position of its first point in the path.
    pub first: usize,
    pub points: usize,
    /// h.
    pub time_step: f64,
}

/// Times and inputs at a run of points.
#[derive(Debug, Clone, Default)]
pub(crate) struct Forcing {
    pub times: Vec<f64>,
    /// points x inputs, row-major.
    pub inputs: Vec<f64>,
}

/// All points of a path.
#[derive(Debug, Clone)]
pub(crate) struct Grid {
    pub segments: Vec<Segment>,
    /// Number of inputs.
    pub width: usize,
    pub points: Forcing,
    /// Halfway from each point to the next one: inputs are straight lines between points. What is
    /// at the end of a segment is not used.
    pub middles: Forcing,
}

impl Grid {
    /// Of data sets that have been checked.
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

    /// Number of points in all.
    pub fn len(&self) -> usize {
        self.points.times.len()
    }
}
