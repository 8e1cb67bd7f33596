use super::scheme::Reach;
use super::stencil::{Stencil, StencilRow, StencilScheme};

/// Simpson-Hermite scheme on triples (0, 1, 2) of points with shared ends, as in varanneal and
/// minAone: `r1 = x_2 - x_0 - (2h/6) (f_0 + 4 f_1 + f_2)` and `r2 = x_1 - (x_0 + x_2)/2 - (2h/8)
/// (f_0 - f_2)`. Rows alternate r1, r2.
#[derive(Debug)]
pub(super) struct SimpsonHermite;

impl StencilScheme for SimpsonHermite {
    const STENCIL: Stencil = Stencil {
        reach: Reach { span: 3, stride: 2 },
        rows: &[
            StencilRow {
                to: 2,
                from: &[0],
                slopes: &[1.0, 4.0, 1.0],
                divisor: 3.0,
            },
            StencilRow {
                to: 1,
                from: &[0, 2],
                slopes: &[1.0, 0.0, -1.0],
                divisor: 4.0,
            },
        ],
        halfway: false,
        by_step: true,
    };
}
