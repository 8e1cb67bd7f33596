//! Sums of squares as plain data: weighted residuals over a path and their Jacobian, row by row.

use crate::error::{check, Error, Result};

/// Layout of the unknowns: `points` blocks of `dimension` states in time order, then `parameters`
/// that every row may touch.
///
/// Several data sets lie one after the other. The last point of each is coupled with nothing.
///
/// ```
/// use least_action::solve::Layout;
///
/// // Four points of two states with a one-step scheme, and one parameter.
/// let layout = Layout::new(2, 4, 1, vec![1, 1, 1, 0])?;
/// assert_eq!((layout.path_length(), layout.unknowns()), (8, 9));
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Number of states at one point, at least 1.
    pub dimension: usize,
    /// Number of points of all data sets together, at least 1.
    pub points: usize,
    /// Number of unknowns that belong to no point: the estimated static parameters. They follow the
    /// path.
    pub parameters: usize,
    /// Number of following points that each point is coupled with (0, 1 or 2): 1 for one-step
    /// schemes, 2 at the even and 1 at the odd points of simpson-hermite triples, 0 at the last
    /// point of every data set.
    pub couples: Vec<u8>,
}

impl Layout {
    /// Layout with these sizes and couplings.
    ///
    /// # Errors
    /// No dimension, no points, and couples that are not one per point, exceed 2 or reach past the
    /// last point.
    pub fn new(
        dimension: usize,
        points: usize,
        parameters: usize,
        couples: Vec<u8>,
    ) -> Result<Self> {
        check::at_least("layout.dimension", dimension, 1)?;
        check::at_least("layout.points", points, 1)?;
        check::length("layout.couples", couples.len(), points, "one per point")?;
        for (point, &count) in couples.iter().enumerate() {
            let path = || format!("layout.couples[{point}]");
            check::at_most(&path(), count as usize, 2)?;
            check::at_most(&path(), count as usize, points - 1 - point)?;
        }
        Ok(Layout {
            dimension,
            points,
            parameters,
            couples,
        })
    }

    /// Number of following points that `point` is coupled with, also indirectly: the two that
    /// follow a point which is coupled with both are coupled with each other.
    pub fn reach(&self, point: usize) -> usize {
        let own = self.couples[point];
        let before = point.checked_sub(1).map_or(0, |p| self.couples[p]);
        own.max(before.saturating_sub(1)) as usize
    }

    /// Length of the path: points x dimension.
    pub fn path_length(&self) -> usize {
        self.points * self.dimension
    }

    /// Number of all unknowns: the path, then the parameters.
    pub fn unknowns(&self) -> usize {
        self.path_length() + self.parameters
    }
}

/// Group of rows of weighted residuals with one sparsity: `blocks` of `rows` rows. Block b touches
/// the points from `first[b]` to `first[b] + span - 1`, and the parameters.
///
/// ```
/// use least_action::solve::RowGroup;
///
/// // The differences of successive points of one state, at three points.
/// let mut group = RowGroup::new(2, vec![0, 1], &[vec![0, 1]]);
/// group.values.copy_from_slice(&[-1.0, 1.0, -1.0, 1.0]);
/// assert_eq!((group.blocks(), group.entries()), (2, 2));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RowGroup {
    /// Number of points that a block touches, at least 1.
    pub span: usize,
    /// Number of rows of a block.
    pub rows: usize,
    /// First point of every block. Its length is the number of blocks.
    pub first: Vec<u32>,
    /// Pattern of one block, as in a compressed sparse row matrix: row r has the entries
    /// `row_start[r]..row_start[r + 1]`. Length rows + 1.
    pub row_start: Vec<u32>,
    /// Column of every entry, ascending within a row. Column `c < span * dimension` is component
    /// `c % dimension` of point `first + c / dimension`; the others are parameter
    /// `c - span * dimension`.
    pub columns: Vec<u32>,
    /// Derivatives of the residuals, blocks x entries.
    pub values: Vec<f64>,
    /// Residuals, blocks x rows.
    pub residuals: Vec<f64>,
    /// Weights, blocks x rows, not negative. The value is the sum of `weight / 2 * residual^2`, so
    /// the gradient is `J^T W r` and the Gauss-Newton Hessian `J^T W J`.
    pub weights: Vec<f64>,
}

impl RowGroup {
    /// Group of blocks that begin at the points `first`, each with one row per list of columns in
    /// `pattern`. All values are zero, all weights one.
    pub fn new(span: usize, first: Vec<u32>, pattern: &[Vec<u32>]) -> Self {
        let mut row_start = vec![0];
        let mut columns = Vec::new();
        for row in pattern {
            columns.extend_from_slice(row);
            row_start.push(columns.len() as u32);
        }
        let (blocks, rows) = (first.len(), pattern.len());
        RowGroup {
            span,
            rows,
            values: vec![0.0; blocks * columns.len()],
            residuals: vec![0.0; blocks * rows],
            weights: vec![1.0; blocks * rows],
            first,
            row_start,
            columns,
        }
    }

    /// Number of blocks.
    pub fn blocks(&self) -> usize {
        self.first.len()
    }

    /// Number of entries of one block.
    pub fn entries(&self) -> usize {
        self.columns.len()
    }

    fn validate(&self, path: &str, layout: &Layout) -> Result<()> {
        let wrong = |message: String| {
            Err(Error::WrongShape {
                path: path.into(),
                message,
            })
        };
        let width = self.span * layout.dimension + layout.parameters;
        let rows_end = self.row_start.last().copied().unwrap_or(0) as usize;
        let ascending = |list: &[u32]| list.windows(2).all(|w| w[0] <= w[1]);
        if self.span == 0
            || self.row_start.len() != self.rows + 1
            || self.row_start[0] != 0
            || !ascending(&self.row_start)
            || rows_end != self.columns.len()
        {
            return wrong("rowStart must ascend from 0 to the number of columns".into());
        }
        for row in self.row_start.windows(2) {
            let columns = &self.columns[row[0] as usize..row[1] as usize];
            if !columns.windows(2).all(|w| w[0] < w[1])
                || columns.last().is_some_and(|&c| c as usize >= width)
            {
                return wrong(format!(
                    "columns must ascend within a row and be below {width}"
                ));
            }
        }
        for &first in &self.first {
            let first = first as usize;
            if first + self.span > layout.points {
                return wrong(format!("a block at point {first} reaches past the last"));
            }
            if let Some((a, b)) = self.uncoupled(first, layout) {
                return wrong(format!("a row couples points {a} and {b}, the layout none"));
            }
        }
        let lengths = [
            ("values", self.values.len(), self.entries()),
            ("residuals", self.residuals.len(), self.rows),
            ("weights", self.weights.len(), self.rows),
        ];
        for (name, length, per_block) in lengths {
            let because = "one per block and entry or row";
            let path = format!("{path}.{name}");
            check::length(&path, length, self.blocks() * per_block, because)?;
        }
        Ok(())
    }

    /// Pair of points that a row of the block at `first` couples and the layout does not, if there
    /// is one.
    fn uncoupled(&self, first: usize, layout: &Layout) -> Option<(usize, usize)> {
        self.row_start.windows(2).find_map(|row| {
            let columns = &self.columns[row[0] as usize..row[1] as usize];
            let mut points = columns
                .iter()
                .map(|&c| c as usize / layout.dimension)
                .filter(|&p| p < self.span)
                .map(|p| first + p);
            let from = points.next()?;
            points
                .find(|&to| to > from + layout.reach(from))
                .map(|to| (from, to))
        })
    }
}

/// Residuals, weights and Jacobian of a sum of squares at one point. The patterns never change; the
/// numbers are written anew at each linearisation.
///
/// ```
/// use least_action::solve::{Linearization, RowGroup};
///
/// let mut group = RowGroup::new(1, vec![0, 1], &[vec![0]]);
/// group.residuals.copy_from_slice(&[3.0, 4.0]);
/// let linearization = Linearization { groups: vec![group] };
/// assert_eq!(linearization.value(), 12.5);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Linearization {
    /// Groups of rows, each with its own sparsity.
    pub groups: Vec<RowGroup>,
}

impl Linearization {
    /// Checks the patterns against a layout. Minimisers rely on them.
    ///
    /// # Errors
    /// Patterns or lengths that do not fit together, and rows that couple points which the layout
    /// does not couple.
    pub fn validate(&self, layout: &Layout) -> Result<()> {
        for (index, group) in self.groups.iter().enumerate() {
            group.validate(&format!("linearization.groups[{index}]"), layout)?;
        }
        Ok(())
    }

    /// Value of the sum of squares, `sum weight / 2 * residual^2`.
    pub fn value(&self) -> f64 {
        let mut sum = 0.0;
        for group in &self.groups {
            let pairs = group.residuals.iter().zip(&group.weights);
            sum += pairs.map(|(r, w)| 0.5 * w * r * r).sum::<f64>();
        }
        sum
    }
}
