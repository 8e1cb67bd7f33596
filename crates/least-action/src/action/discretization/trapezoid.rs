use super::stencil::{Stencil, StencilRow, StencilScheme};

/// Trapezoidal scheme: `x_1 - x_0 - (h/2) (f_0 + f_1)`.
#[derive(Debug)]
pub(super) struct Trapezoid;

impl StencilScheme for Trapezoid {
    const STENCIL: Stencil = Stencil::of_step(&[StencilRow {
        to: 1,
        from: &[0],
        slopes: &[1.0, 1.0],
        divisor: 2.0,
    }]);
}
