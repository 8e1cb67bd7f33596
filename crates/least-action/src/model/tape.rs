//! A graph as a straight-line list of operations on columns: one column holds one quantity at a
//! block of time points, so that each operation is decoded once per block, not once per point.

use super::graph::{Binary, Unary};

/// Number of points in a group. Points are handled in groups, so that the compiler can use SIMD
/// with no remainder; of eight, so that a loop's own work weighs little beside it.
pub(super) const GROUP: usize = 8;
/// Number of groups in a column: a block of 64 points keeps the columns of usual models in the
/// first-level cache.
pub(super) const GROUPS: usize = 8;

/// One quantity at a block of time points; aligned, so that no SIMD access crosses two cache lines.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct Column(pub [[f64; GROUP]; GROUPS]);

/// One pass over a few columns: `to` is written, the others are read, and no operation reads the
/// column that it writes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Instruction {
    /// One argument: `to = f(a)`.
    Unary { f: Unary, to: u32, a: u32 },
    /// Two distinct arguments: `to = f(a, b)`.
    Binary { f: Binary, to: u32, a: u32, b: u32 },
    /// Twice the same argument, `to = f(a, a)`: one column cannot be borrowed twice.
    Same { f: Binary, to: u32, a: u32 },
    /// Two operations, each rounded on its own, that save writing and reading the result between
    /// them.
    Fused {
        fused: Fused,
        to: u32,
        a: u32,
        b: u32,
        c: u32,
    },
    /// Choice: `to = a` where `c` is not 0, else `b`; columns that are read may be the same.
    Select { to: u32, c: u32, a: u32, b: u32 },
}

/// Operation of a fused pair. Polynomials are made of such pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fused {
    /// `(a * b) + c`
    MultiplyAdd,
    /// `(a * b) - c`
    MultiplySubtract,
    /// `c - (a * b)`
    SubtractProduct,
    /// `(a + b) * c`
    AddMultiply,
    /// `(a - b) * c`
    SubtractMultiply,
    /// `(a + b) + c`
    AddAdd,
    /// `(a - b) + c`
    SubtractAdd,
    /// `(a + b) - c`
    AddSubtract,
    /// `(a - b) - c`
    SubtractSubtract,
}

/// Operations on scalars, whose values are the same at all time points and are computed once per
/// call.
#[derive(Debug, Clone, Copy)]
pub(super) enum ScalarInstruction {
    Unary { f: Unary, to: u32, a: u32 },
    Binary { f: Binary, to: u32, a: u32, b: u32 },
    Select { to: u32, c: u32, a: u32, b: u32 },
}

/// A compiled graph. Its columns are, in this order: states, adjoints, inputs and time, which are
/// loaded at every block; scalars that the body or the caller reads, filled once per call; and
/// results of the body.
#[derive(Debug, Clone, Default)]
pub(super) struct Tape {
    pub states: usize,
    pub adjoints: usize,
    /// Number of input columns; 0 where no input is read.
    pub inputs: usize,
    /// True if the time is read.
    pub time: bool,
    /// Total number of columns.
    pub columns: usize,
    /// Initial values of the scalars: parameters first (filled in at each call), then constants and
    /// results of both.
    pub scalars: Vec<f64>,
    pub prologue: Vec<ScalarInstruction>,
    /// Pairs of column and scalar: columns that are filled with a scalar before the first block.
    pub broadcast: Vec<(u32, u32)>,
    pub body: Vec<Instruction>,
    /// Column of each output.
    pub outputs: Vec<u32>,
    /// Flags of the outputs that are zero for all states and parameters.
    pub vanishing: Vec<bool>,
}
