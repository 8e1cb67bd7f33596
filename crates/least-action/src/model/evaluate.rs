//! Evaluation of a tape over a whole path.

use super::elementary::{exp_all, tanh_all};
use super::graph::{max, min, select, sign, truth, Binary, Unary};
use super::tape::{Column, Fused, Instruction, ScalarInstruction, Tape, GROUP, GROUPS};

/// Memory that evaluations reuse: it grows to the need of the largest of them, and after that none
/// is taken per call.
#[derive(Debug, Clone, Default)]
pub struct Scratch {
    columns: Vec<Column>,
    scalars: Vec<f64>,
}

impl Scratch {
    fn fit(&mut self, tape: &Tape) {
        if self.columns.len() < tape.columns {
            let empty = Column([[0.0; GROUP]; GROUPS]);
            self.columns.resize(tape.columns, empty);
        }
        if self.scalars.len() < tape.scalars.len() {
            self.scalars.resize(tape.scalars.len(), 0.0);
        }
    }
}

/// Points at which a model is evaluated, all at once.
///
/// ```
/// use least_action::model::{Model, ModelBuilder, Points, Scratch};
///
/// let decay = ModelBuilder::new("decay")
///     .states(["x"])
///     .parameter("rate", 0.5, "per unit of time")
///     .flow(|x, p| vec![-p[0] * x[0]])?;
/// let at = Points { states: &[1.0, 2.0], parameters: &[0.5], ..Points::default() };
/// let mut slopes = [0.0; 2];
/// decay.evaluate(&mut Scratch::default(), at, &mut slopes);
/// assert_eq!(slopes, [-0.5, -1.0]);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Points<'a> {
    /// States, points x states, row-major.
    pub states: &'a [f64],
    /// Parameters in the model's order, shared by all points.
    pub parameters: &'a [f64],
    /// Inputs u(t), points x inputs, row-major; empty where the model has none.
    pub inputs: &'a [f64],
    /// Times, one per point; may be empty where the equations do not contain the time.
    pub times: &'a [f64],
}

/// Receiver of a tape's outputs, block by block.
pub(super) trait Sink {
    fn take(&mut self, block: PointBlock, tape: &Tape, columns: &[Column]);
}

/// A run of time points: `first` to `first + count - 1`, in `groups` groups of which the last may
/// be padded.
#[derive(Debug, Clone, Copy)]
pub(super) struct PointBlock {
    pub first: usize,
    pub count: usize,
    pub groups: usize,
}

/// Runs `tape` at every point and hands its outputs to `sink`. `adjoints` are points x outputs,
/// row-major.
pub(super) fn run(
    tape: &Tape,
    scratch: &mut Scratch,
    points: usize,
    at: Points,
    adjoints: &[f64],
    sink: &mut impl Sink,
) {
    scratch.fit(tape);
    let scalars = &mut scratch.scalars[..tape.scalars.len()];
    scalars.copy_from_slice(&tape.scalars);
    scalars[..at.parameters.len()].copy_from_slice(at.parameters);
    for instruction in &tape.prologue {
        match *instruction {
            ScalarInstruction::Unary { f, to, a } => {
                scalars[to as usize] = f.apply(scalars[a as usize]);
            }
            ScalarInstruction::Binary { f, to, a, b } => {
                scalars[to as usize] = f.apply(scalars[a as usize], scalars[b as usize]);
            }
            ScalarInstruction::Select { to, c, a, b } => {
                let (c, a, b) = (
                    scalars[c as usize],
                    scalars[a as usize],
                    scalars[b as usize],
                );
                scalars[to as usize] = select(c, a, b);
            }
        }
    }
    let columns = &mut scratch.columns[..];
    for &(column, scalar) in &tape.broadcast {
        columns[column as usize] = Column([[scalars[scalar as usize]; GROUP]; GROUPS]);
    }
    for block in blocks(points) {
        let (state_columns, rest) = columns.split_at_mut(tape.states);
        load(at.states, tape.states, block, state_columns);
        let (adjoint_columns, rest) = rest.split_at_mut(tape.adjoints);
        load(adjoints, tape.adjoints, block, adjoint_columns);
        let (input_columns, rest) = rest.split_at_mut(tape.inputs);
        load(at.inputs, tape.inputs, block, input_columns);
        let time = usize::from(tape.time);
        load(at.times, time, block, &mut rest[..time]);
        for &instruction in &tape.body {
            execute(instruction, columns, block.groups);
        }
        sink.take(block, tape, columns);
    }
}

/// Splits the points into blocks of nearly equal size, so that little is spent on padding.
fn blocks(points: usize) -> impl Iterator<Item = PointBlock> {
    let groups = points.div_ceil(GROUP);
    let number = groups.div_ceil(GROUPS).max(1);
    let size = groups.div_ceil(number);
    (0..groups).step_by(size.max(1)).map(move |group| {
        let first = group * GROUP;
        let groups = size.min(groups - group);
        PointBlock {
            first,
            count: (groups * GROUP).min(points - first),
            groups,
        }
    })
}

/// Transposes rows of `width` components into one column per component; the last point fills the
/// padding.
fn load(rows: &[f64], width: usize, block: PointBlock, columns: &mut [Column]) {
    if width == 0 {
        return;
    }
    let last = block.first + block.count - 1;
    for four in 0..block.groups * GROUP / 4 {
        let row = |k: usize| {
            let point = (block.first + four * 4 + k).min(last);
            &rows[point * width..(point + 1) * width]
        };
        let (r0, r1, r2, r3) = (row(0), row(1), row(2), row(3));
        for ((((column, &a), &b), &c), &d) in columns.iter_mut().zip(r0).zip(r1).zip(r2).zip(r3) {
            column.0.as_flattened_mut().as_chunks_mut::<4>().0[four] = [a, b, c, d];
        }
    }
}

fn execute(instruction: Instruction, columns: &mut [Column], groups: usize) {
    match instruction {
        Instruction::Unary { f, to, a } => {
            let [to, a] = distinct(columns, [to, a]);
            unary(f, &mut to.0[..groups], &a.0[..groups]);
        }
        Instruction::Same { f, to, a } => {
            let [to, a] = distinct(columns, [to, a]);
            let (to, a) = (&mut to.0[..groups], &a.0[..groups]);
            match f {
                // Squares are frequent; as one of many functions they would be chosen number by
                // number.
                Binary::Multiply => map(to, a, |a| a * a),
                _ => map(to, a, |a| f.apply(a, a)),
            }
        }
        Instruction::Binary { f, to, a, b } => {
            let [to, a, b] = distinct(columns, [to, a, b]);
            let (to, a, b) = (&mut to.0[..groups], &a.0[..groups], &b.0[..groups]);
            match f {
                Binary::Add => combine(to, a, b, |a, b| a + b),
                Binary::Subtract => combine(to, a, b, |a, b| a - b),
                Binary::Multiply => combine(to, a, b, |a, b| a * b),
                Binary::Divide => combine(to, a, b, |a, b| a / b),
                Binary::Min => combine(to, a, b, min),
                Binary::Max => combine(to, a, b, max),
                Binary::Less => combine(to, a, b, |a, b| truth(a < b)),
                Binary::LessOrEqual => combine(to, a, b, |a, b| truth(a <= b)),
                Binary::Equal => combine(to, a, b, |a, b| truth(a == b)),
                Binary::Power => combine(to, a, b, libm::pow),
                Binary::Atan2 => combine(to, a, b, libm::atan2),
            }
        }
        Instruction::Select { to, c, a, b } => {
            let (to, column) = target(columns, to);
            let (to, c) = (&mut to.0[..groups], &column(c).0[..groups]);
            fuse(
                to,
                c,
                &column(a).0[..groups],
                &column(b).0[..groups],
                select,
            );
        }
        Instruction::Fused { fused, to, a, b, c } => {
            let [to, a, b, c] = distinct(columns, [to, a, b, c]);
            let (to, a, b, c) = (
                &mut to.0[..groups],
                &a.0[..groups],
                &b.0[..groups],
                &c.0[..groups],
            );
            match fused {
                Fused::MultiplyAdd => fuse(to, a, b, c, |a, b, c| a * b + c),
                Fused::MultiplySubtract => fuse(to, a, b, c, |a, b, c| a * b - c),
                Fused::SubtractProduct => fuse(to, a, b, c, |a, b, c| c - a * b),
                Fused::AddMultiply => fuse(to, a, b, c, |a, b, c| (a + b) * c),
                Fused::SubtractMultiply => fuse(to, a, b, c, |a, b, c| (a - b) * c),
                Fused::AddAdd => fuse(to, a, b, c, |a, b, c| a + b + c),
                Fused::SubtractAdd => fuse(to, a, b, c, |a, b, c| a - b + c),
                Fused::AddSubtract => fuse(to, a, b, c, |a, b, c| a + b - c),
                Fused::SubtractSubtract => fuse(to, a, b, c, |a, b, c| a - b - c),
            }
        }
    }
}

/// Splits the columns into `to`, which is written, and a getter for all others, which may be read
/// more than once.
fn target<'a>(columns: &'a mut [Column], to: u32) -> (&'a mut Column, impl Fn(u32) -> &'a Column) {
    let (before, rest) = columns.split_at_mut(to as usize);
    let (target, after) = rest
        .split_first_mut()
        .expect("the scratch has all columns of the tape");
    let (before, after) = (&*before, &*after);
    (target, move |column| match column.checked_sub(to) {
        None => &before[column as usize],
        Some(further) => &after[further as usize - 1],
    })
}

fn unary(f: Unary, to: &mut [[f64; GROUP]], a: &[[f64; GROUP]]) {
    match f {
        Unary::Negate => map(to, a, |a| -a),
        Unary::Sqrt => map(to, a, f64::sqrt),
        Unary::Abs => map(to, a, f64::abs),
        Unary::Sign => map(to, a, sign),
        Unary::Floor => map(to, a, f64::floor),
        Unary::Exp => exp_all(to.as_flattened_mut(), a.as_flattened()),
        Unary::Tanh => tanh_all(to.as_flattened_mut(), a.as_flattened()),
        other => map(to, a, |a| other.apply(a)),
    }
}

#[inline(always)]
fn map(to: &mut [[f64; GROUP]], a: &[[f64; GROUP]], f: impl Fn(f64) -> f64) {
    for (to, a) in to.iter_mut().zip(a) {
        for k in 0..GROUP {
            to[k] = f(a[k]);
        }
    }
}

#[inline(always)]
fn combine(
    to: &mut [[f64; GROUP]],
    a: &[[f64; GROUP]],
    b: &[[f64; GROUP]],
    f: impl Fn(f64, f64) -> f64,
) {
    for ((to, a), b) in to.iter_mut().zip(a).zip(b) {
        for k in 0..GROUP {
            to[k] = f(a[k], b[k]);
        }
    }
}

#[inline(always)]
fn fuse(
    to: &mut [[f64; GROUP]],
    a: &[[f64; GROUP]],
    b: &[[f64; GROUP]],
    c: &[[f64; GROUP]],
    f: impl Fn(f64, f64, f64) -> f64,
) {
    for (((to, a), b), c) in to.iter_mut().zip(a).zip(b).zip(c) {
        for k in 0..GROUP {
            to[k] = f(a[k], b[k], c[k]);
        }
    }
}

#[inline(always)]
fn distinct<const N: usize>(columns: &mut [Column], which: [u32; N]) -> [&mut Column; N] {
    columns
        .get_disjoint_mut(which.map(|column| column as usize))
        .expect("an operation's columns differ, and the scratch has them all")
}

/// Sink that writes all outputs as rows.
pub(super) struct OutputRows<'a>(pub &'a mut [f64]);

impl Sink for OutputRows<'_> {
    fn take(&mut self, block: PointBlock, tape: &Tape, columns: &[Column]) {
        each_value(block, &tape.outputs, columns, self.0, |to, value| {
            *to = value
        });
    }
}

/// Sink that writes the first `width` outputs as rows, and the others as rows of their own.
pub(super) struct Keeping<'a> {
    pub values: &'a mut [f64],
    pub kept: &'a mut [f64],
    pub width: usize,
}

impl Sink for Keeping<'_> {
    fn take(&mut self, block: PointBlock, tape: &Tape, columns: &[Column]) {
        let (values, kept) = tape.outputs.split_at(self.width);
        each_value(block, values, columns, self.values, |to, value| *to = value);
        each_value(block, kept, columns, self.kept, |to, value| *to = value);
    }
}

/// Sink that adds the first `width` outputs to rows, and sums the others over time.
pub(super) struct Gradients<'a> {
    pub states: &'a mut [f64],
    pub parameters: &'a mut [f64],
    pub width: usize,
}

impl Sink for Gradients<'_> {
    fn take(&mut self, block: PointBlock, tape: &Tape, columns: &[Column]) {
        let (states, parameters) = tape.outputs.split_at(self.width);
        each_value(block, states, columns, self.states, |to, value| {
            *to += value
        });
        let vanishing = &tape.vanishing[self.width..];
        for ((sum, &column), vanishing) in self.parameters.iter_mut().zip(parameters).zip(vanishing)
        {
            if !vanishing {
                *sum += total(&columns[column as usize], block);
            }
        }
    }
}

/// Sums a column over the valid points of a block, in an order that no machine changes.
fn total(column: &Column, block: PointBlock) -> f64 {
    let mut partial = [0.0; GROUP];
    for (group, values) in column.0[..block.groups].iter().enumerate() {
        for k in 0..GROUP.min(block.count - group * GROUP) {
            partial[k] += values[k];
        }
    }
    partial.iter().sum()
}

#[inline(always)]
fn each_value(
    block: PointBlock,
    outputs: &[u32],
    columns: &[Column],
    rows: &mut [f64],
    write: impl Fn(&mut f64, f64),
) {
    let width = outputs.len();
    if width == 0 {
        return;
    }
    let rows = &mut rows[block.first * width..(block.first + block.count) * width];
    for (four, rows) in rows.chunks_mut(4 * width).enumerate() {
        if let Some((r0, r1, r2, r3)) = four_rows(rows, width) {
            for ((((&column, a), b), c), d) in outputs.iter().zip(r0).zip(r1).zip(r2).zip(r3) {
                let values = columns[column as usize].0.as_flattened().as_chunks::<4>().0[four];
                write(a, values[0]);
                write(b, values[1]);
                write(c, values[2]);
                write(d, values[3]);
            }
            continue;
        }
        for (k, row) in rows.chunks_exact_mut(width).enumerate() {
            for (to, &column) in row.iter_mut().zip(outputs) {
                write(to, columns[column as usize].0.as_flattened()[4 * four + k]);
            }
        }
    }
}

type FourRows<'a> = (&'a mut [f64], &'a mut [f64], &'a mut [f64], &'a mut [f64]);

fn four_rows(rows: &mut [f64], width: usize) -> Option<FourRows<'_>> {
    if rows.len() != 4 * width {
        return None;
    }
    let (r0, rest) = rows.split_at_mut(width);
    let (r1, rest) = rest.split_at_mut(width);
    let (r2, r3) = rest.split_at_mut(width);
    Some((r0, r1, r2, r3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_cover_every_point_once() {
        for points in [1, 2, 3, 4, 5, 63, 64, 65, 161, 1000] {
            let covered: Vec<usize> = blocks(points)
                .flat_map(|b| b.first..b.first + b.count)
                .collect();
            assert_eq!(covered, (0..points).collect::<Vec<_>>());
            assert!(blocks(points).all(|b| b.groups <= GROUPS && b.count > 0));
        }
        assert_eq!(blocks(0).count(), 0);
    }
}
