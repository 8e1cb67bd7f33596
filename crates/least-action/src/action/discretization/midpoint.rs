use super::stencil::{Stencil, StencilRow, StencilScheme};

/// Implicit midpoint scheme: `x_1 - x_0 - h F((x_0 + x_1) / 2)`.
#[derive(Debug)]
pub(super) struct Midpoint;

impl StencilScheme for Midpoint {
    const STENCIL: Stencil = Stencil {
        halfway: true,
        ..Stencil::of_step(&[StencilRow {
            to: 1,
            from: &[0],
            slopes: &[1.0],
            divisor: 1.0,
        }])
    };
}
