//! Time grid of a path: the points of all data sets, one set after the other, with their times and
//! inputs.

use super::interpolation::value_at;
use super::{Interpolation, Observations};
use crate::model::{Model, StateJump};

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

/// Points of a segment between two jumps, along which everything is smooth. Two pieces that follow
/// each other share the point at which the jump is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Piece {
    /// Points of the piece within the path.
    pub segment: Segment,
    /// Position of the piece's first point in the times and inputs of pieces.
    pub side: usize,
    /// Number of the state's jump at the first point, among [`Grid::state_jumps`].
    pub state_jump: Option<usize>,
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
    /// Pieces of all segments, in their order.
    pub pieces: Vec<Piece>,
    /// Times and inputs at the points of all pieces, so that a point at which inputs jump has both
    /// values; empty where each segment is one piece.
    sides: Forcing,
    /// Times and inputs halfway from each point of a piece to the next one. The entry at the end of
    /// a piece is not used.
    pub middles: Forcing,
    /// Jumps of the state by events.
    pub state_jumps: Vec<StateJump>,
    /// Time from each point to the next one, where a segment is not evenly spaced; empty if all
    /// are. The entry at the end of a segment is not used.
    pub steps: Vec<f64>,
}

impl Grid {
    /// Grid of data sets of a model that have been checked.
    pub fn new(data: &[Observations], model: &dyn Model) -> Self {
        let width = model.inputs().len();
        let mut grid = Grid::of_segments(Vec::new(), width);
        let has_jumps = data.iter().any(|set| !set.jumps.is_empty());
        for set in data {
            let segment = Segment {
                first: grid.points.times.len(),
                points: set.points,
                time_step: set.time_step,
            };
            grid.segments.push(segment);
            grid.points
                .times
                .extend((0..set.points).map(|n| set.time(n)));
            grid.points.inputs.extend_from_slice(&set.inputs);
            match has_jumps {
                true => grid.add_pieces(set, segment, model),
                false => grid.pieces.push(Piece {
                    segment,
                    side: segment.first,
                    state_jump: None,
                }),
            }
        }
        grid.steps = match data.iter().all(|set| set.times.is_empty()) {
            true => Vec::new(),
            false => data.iter().flat_map(steps_of).collect(),
        };
        grid.middles = grid.halfway(data);
        grid
    }

    /// Adds the pieces of a data set, whose points are those of `segment`.
    fn add_pieces(&mut self, set: &Observations, segment: Segment, model: &dyn Model) {
        let (width, last) = (self.width, segment.points - 1);
        let inside = set.jumps.iter().map(|jump| jump.point);
        let inside = inside.filter(|&point| 0 < point && point < last);
        let ends: Vec<usize> = [0].into_iter().chain(inside).chain([last]).collect();
        for pair in ends.windows(2) {
            let (first, end) = (pair[0], pair[1]);
            let side = self.sides.times.len();
            let jump = set.jumps.iter().find(|jump| jump.point == first);
            let events = model.events().zip(jump);
            let events = events.filter(|(_, jump)| !jump.events.is_empty());
            let state_jump = events.map(|(events, jump)| {
                let each = jump.events.iter().map(|e| (e.kind, &e.numbers[..]));
                let before = &set.inputs[first * width..][..width];
                self.state_jumps
                    .push(StateJump::new(events, set.time(first), before, each));
                self.state_jumps.len() - 1
            });
            self.pieces.push(Piece {
                segment: Segment {
                    first: segment.first + first,
                    points: end - first + 1,
                    ..segment
                },
                side,
                state_jump,
            });
            self.sides.times.extend((first..=end).map(|n| set.time(n)));
            let inputs = &set.inputs[first * width..(end + 1) * width];
            self.sides.inputs.extend_from_slice(inputs);
            let after = jump.map(|jump| &jump.inputs).filter(|u| !u.is_empty());
            if let Some(after) = after {
                self.sides.inputs[side * width..][..width].copy_from_slice(after);
            }
        }
    }

    /// Times and inputs at the points of pieces.
    pub fn piece_points(&self) -> &Forcing {
        match self.sides.times.is_empty() {
            true => &self.points,
            false => &self.sides,
        }
    }

    /// Times and inputs halfway between the points of pieces.
    fn halfway(&self, data: &[Observations]) -> Forcing {
        let (forcing, width) = (self.piece_points(), self.width);
        let halfway = |values: &[f64], width: usize| -> Vec<f64> {
            let later = &values[width.min(values.len())..];
            values
                .iter()
                .zip(later)
                .map(|(a, b)| 0.5 * (a + b))
                .collect()
        };
        let mut middles = Forcing {
            times: halfway(&forcing.times, 1),
            inputs: halfway(&forcing.inputs, width),
        };
        let mut sets = self.segments.iter().zip(data).peekable();
        for piece in &self.pieces {
            let own = piece.segment;
            while sets
                .next_if(|(segment, _)| segment.first + segment.points <= own.first)
                .is_some()
            {}
            let Some((_, set)) = sets.peek() else {
                break;
            };
            let range = piece.side..piece.side + own.points;
            let times = &forcing.times[range.clone()];
            let rows = &forcing.inputs[range.start * width..range.end * width];
            let cubic = set.interpolation.iter().enumerate();
            let cubic = cubic.filter(|(_, &how)| how == Interpolation::Cubic);
            for (k, _) in cubic {
                for n in 0..own.points - 1 {
                    let at = middles.times[piece.side + n];
                    let value = value_at(Interpolation::Cubic, times, rows, [k, width], n, at);
                    middles.inputs[(piece.side + n) * width + k] = value;
                }
            }
        }
        middles
    }

    /// Grid without times and inputs, for what depends on the segments only.
    pub fn of_segments(segments: Vec<Segment>, width: usize) -> Self {
        let piece = |&segment: &Segment| Piece {
            segment,
            side: segment.first,
            state_jump: None,
        };
        Grid {
            pieces: segments.iter().map(piece).collect(),
            segments,
            width,
            points: Forcing::default(),
            sides: Forcing::default(),
            middles: Forcing::default(),
            state_jumps: Vec::new(),
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

    /// Position of the n-th point of a segment in the times and inputs of pieces, as the beginning
    /// of the step that follows it, and the number of the state's jump there.
    pub fn step_begin(&self, segment: &Segment, n: usize) -> (usize, Option<usize>) {
        let point = segment.first + n;
        if self.sides.times.is_empty() {
            return (point, None);
        }
        let next = self.pieces.partition_point(|p| p.segment.first <= point);
        let piece = &self.pieces[next.max(1) - 1];
        let is_first = piece.segment.first == point;
        let jump = piece.state_jump.filter(|_| is_first);
        (piece.side + point - piece.segment.first, jump)
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
