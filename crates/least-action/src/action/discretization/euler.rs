use super::stencil::{Stencil, StencilRow, StencilScheme};

/// Explicit Euler scheme: `x_1 - x_0 - h f_0`.
#[derive(Debug)]
pub(super) struct Euler;

impl StencilScheme for Euler {
    const STENCIL: Stencil = Stencil::of_step(&[StencilRow {
        to: 1,
        from: &[0],
        slopes: &[1.0],
        divisor: 1.0,
    }]);
}
