//! A graph as a straight-line list of operations on columns: one column holds one quantity at a
//! block of time points, so that each operation is decoded once per block, not once per point.

use super::graph::{Binary, Unary};

/// Points are handled in groups, so that the compiler can use SIMD with no remainder; of eight, so
/// that a loop's own work weighs little beside it.
pub(super) const GROUP: usize = 8;
/// Groups in a column: a block of 64 points keeps the columns of usual models in the first-level
/// cache.
pub(super) const GROUPS: usize = 8;

/// One quantity at a block of time points; aligned, so that no SIMD access crosses two cache lines.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct Column(pub [[f64; GROUP]; GROUPS]);

/// One pass over a few columns: `to` is written, the others are read, and no operation reads what
/// it writes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Instruction {
    /// `to = f(a)`.
    Unary { f: Unary, to: u32, a: u32 },
    /// `to = f(a, b)`.
    Binary { f: Binary, to: u32, a: u32, b: u32 },
    /// `to = f(a, a)`: one column cannot be borrowed twice.
    Same { f: Binary, to: u32, a: u32 },
    /// Two operations, each rounded on its own, that save writing and reading what is between them.
    Fused {
        fused: Fused,
        to: u32,
        a: u32,
        b: u32,
        c: u32,
    },
    /// `to = a` where `c` is not 0, else `b`; columns that are read may be the same.
    Select { to: u32, c: u32, a: u32, b: u32 },
}

/// What a fused pair computes: of such pairs polynomials are made.
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

/// Operations on scalars: what is the same at all time points is computed once per call.
#[derive(Debug, Clone, Copy)]
pub(super) enum ScalarInstruction {
    Unary { f: Unary, to: u32, a: u32 },
    Binary { f: Binary, to: u32, a: u32, b: u32 },
    Select { to: u32, c: u32, a: u32, b: u32 },
}

/// The columns are, in this order: states, adjoints, inputs and time, which are loaded at every
/// block; scalars that the body or the caller reads, filled once per call; and what the body
/// computes.
#[derive(Debug, Clone, Default)]
pub(super) struct Tape {
    pub states: usize,
    pub adjoints: usize,
    /// 0 where none is read.
    pub inputs: usize,
    /// Whether the time is read.
    pub time: bool,
    /// How many columns there are.
    pub columns: usize,
    /// Initial values of the scalars: parameters first (filled in at each call), then constants and
    /// what follows from both.
    pub scalars: Vec<f64>,
    pub prologue: Vec<ScalarInstruction>,
    /// Column and scalar: what to fill before the first block.
    pub broadcast: Vec<(u32, u32)>,
    pub body: Vec<Instruction>,
    /// The column of each output.
    pub outputs: Vec<u32>,
    /// Which outputs are zero whatever the state and the parameters.
    pub vanishing: Vec<bool>,
}
