use super::stencil::{Stencil, StencilRow, StencilScheme};

/// Scheme of a map: `x_1 - F(x_0)`.
#[derive(Debug)]
pub(super) struct Map;

impl StencilScheme for Map {
    const STENCIL: Stencil = Stencil {
        by_step: false,
        ..Stencil::of_step(&[StencilRow {
            to: 1,
            from: &[],
            slopes: &[1.0],
            divisor: 1.0,
        }])
    };
}
