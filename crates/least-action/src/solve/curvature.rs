//! The Hessian as argmin's Newton-type solvers want it: something to be multiplied with a vector,
//! and never a matrix.

use std::cell::RefCell;
use std::rc::Rc;

use argmin_math::ArgminDot;

use super::session::{Answer, Session, Vector};
use super::{BlockMatrix, Hessian, LeastSquares, Linearization, RowGroup};
use crate::error::Result;

/// Relative length of the step by which gradients are differenced: the root of the rounding error.
const DIFFERENCE: f64 = 1.5e-8;

/// The Hessian at a point, times vectors. argmin asks for a product twice in a row and cannot be
/// told of a failure: so the last product is kept, and one that fails or exceeds the number allowed
/// is zero, which argmin's solvers take for the end of positive curvature.
#[derive(Clone)]
pub struct Curvature<'o>(Rc<RefCell<State<'o>>>);

struct State<'o> {
    session: Session<'o>,
    /// From residuals, or else by differences of gradients.
    linearized: bool,
    point: Vector,
    gradient: Vector,
    direction: Vector,
    product: Vector,
}

impl<'o> Curvature<'o> {
    /// At `x`, where the session's gradient is `gradient`.
    ///
    /// # Errors
    /// The objective's residuals are not finite there.
    pub fn new(session: &Session<'o>, x: &Vector, gradient: Vector) -> Answer<Self> {
        let zeros = Vector::zeros(x.len());
        Ok(Curvature(Rc::new(RefCell::new(State {
            linearized: session.linearize(x)?,
            session: session.clone(),
            point: x.clone(),
            gradient,
            // Nothing times anything is nothing: this product is known.
            direction: zeros.clone(),
            product: zeros,
        }))))
    }

    /// Tells by how much the value would fall if the function were quadratic.
    pub fn promise(&self, decrease: f64) {
        self.0.borrow().session.promise().set(decrease);
    }

    /// Takes note of a product that is known.
    pub fn remember(&self, direction: &Vector, product: &Vector) {
        let state = &mut *self.0.borrow_mut();
        state.direction.copy_from(direction);
        state.product.copy_from(product);
    }
}

impl State<'_> {
    /// False if there is no product.
    fn multiply(&mut self) -> bool {
        let length = self.direction.norm();
        if !(length.is_finite() && length > 0.0 && self.session.allow_product()) {
            return false;
        }
        if self.linearized {
            let (x, gradient) = (&self.point, &self.gradient);
            self.session
                .multiply(x, gradient, &self.direction, &mut self.product);
        } else {
            let size = self.point.norm();
            let step = DIFFERENCE * if size > 0.0 { size } else { 1.0 } / length;
            self.product.copy_from(&self.point);
            self.product.axpy(step, &self.direction, 1.0);
            let Ok(moved) = self.session.gradient_aside(&self.product) else {
                return false;
            };
            self.product.copy_from(&moved);
            self.product -= &self.gradient;
            self.product /= step;
        }
        self.product.iter().all(|v| v.is_finite())
    }
}

impl ArgminDot<Vector, Vector> for Curvature<'_> {
    fn dot(&self, direction: &Vector) -> Vector {
        let state = &mut *self.0.borrow_mut();
        if state.direction.as_slice() != direction.as_slice() {
            state.direction.copy_from(direction);
            if !state.multiply() {
                state.product.fill(0.0);
            }
        }
        state.product.clone()
    }
}

/// The Hessian of a sum of squares at the point linearised last, as products with its Jacobian and
/// with the second derivatives of the residuals.
pub struct Rows {
    linearization: Linearization,
    /// What Gauss-Newton leaves out, if it is wanted.
    rest: Option<BlockMatrix>,
    dimension: usize,
    path: usize,
    /// By group: where the entries of each row end that are not parameters'.
    inner: Vec<Vec<usize>>,
}

impl Rows {
    pub fn new(problem: &dyn LeastSquares, hessian: Hessian) -> Self {
        let layout = problem.layout();
        let linearization = problem.linearization();
        let ends = |group: &RowGroup| {
            let width = (group.span * layout.dimension) as u32;
            let bounds = group.row_start.windows(2);
            let end = |row: &[u32]| {
                let (from, to) = (row[0] as usize, row[1] as usize);
                from + group.columns[from..to].partition_point(|&column| column < width)
            };
            bounds.map(end).collect()
        };
        Rows {
            inner: linearization.groups.iter().map(ends).collect(),
            linearization,
            rest: match hessian {
                Hessian::GaussNewton => None,
                Hessian::Exact => Some(BlockMatrix::new(layout)),
            },
            dimension: layout.dimension,
            path: layout.path_length(),
        }
    }

    /// Whether all second derivatives are in the products.
    pub fn exact(&self) -> bool {
        self.rest.is_some()
    }

    /// # Errors
    /// Residuals or derivatives that are not finite.
    pub fn linearize(&mut self, problem: &mut dyn LeastSquares, x: &[f64]) -> Result<()> {
        problem.linearize(x, &mut self.linearization)?;
        if let Some(rest) = &mut self.rest {
            rest.set_zero();
            problem.add_curvature(x, rest)?;
        }
        Ok(())
    }

    /// `product = H direction`, row by row.
    pub fn multiply(&self, direction: &[f64], product: &mut [f64]) {
        match &self.rest {
            Some(rest) => rest.multiply(direction, product),
            None => product.fill(0.0),
        }
        for (group, inner) in self.linearization.groups.iter().zip(&self.inner) {
            let (rows, entries) = (group.rows, group.entries());
            let width = group.span * self.dimension;
            for (block, &first) in group.first.iter().enumerate() {
                let start = first as usize * self.dimension;
                let values = &group.values[block * entries..(block + 1) * entries];
                let weights = &group.weights[block * rows..(block + 1) * rows];
                for (row, weight) in weights.iter().enumerate() {
                    let (from, to) = (group.row_start[row] as usize, group.row_start[row + 1]);
                    // Columns of the block's points come first, then parameters.
                    let path = from..inner[row];
                    let shared = inner[row]..to as usize;
                    let points = (&group.columns[path.clone()], &values[path]);
                    let parameters = (&group.columns[shared.clone()], &values[shared]);
                    let mut along = in_four(points.0, points.1, &direction[start..start + width]);
                    for (&column, value) in parameters.0.iter().zip(parameters.1) {
                        along += value * direction[self.path + column as usize - width];
                    }
                    let along = weight * along;
                    let to = &mut product[start..start + width];
                    for (&column, value) in points.0.iter().zip(points.1) {
                        to[column as usize] += along * value;
                    }
                    for (&column, value) in parameters.0.iter().zip(parameters.1) {
                        product[self.path + column as usize - width] += along * value;
                    }
                }
            }
        }
    }
}

/// The product of a sparse row with a vector, in four partial sums: one would wait for every
/// addition before the next.
fn in_four(columns: &[u32], values: &[f64], x: &[f64]) -> f64 {
    let mut partial = [0.0; 4];
    let (columns, last_columns) = columns.as_chunks::<4>();
    let (values, last_values) = values.as_chunks::<4>();
    for (columns, values) in columns.iter().zip(values) {
        for k in 0..4 {
            partial[k] += values[k] * x[columns[k] as usize];
        }
    }
    for (&column, value) in last_columns.iter().zip(last_values) {
        partial[0] += value * x[column as usize];
    }
    (partial[0] + partial[1]) + (partial[2] + partial[3])
}
