use crate::error::Result;
use crate::model::{EquationModel, ModelBuilder};

/// Lorenz's three-variable convection model (E. N. Lorenz, J. Atmos. Sci. 20, 1963), at the classical chaotic parameters.
pub fn lorenz63() -> Result<EquationModel> {
    ModelBuilder::new("lorenz63")
        .states(["x", "y", "z"])
        .parameter("sigma", 10.0, "Prandtl number")
        .parameter("rho", 28.0, "Rayleigh number over its critical value")
        .parameter("beta", 8.0 / 3.0, "geometry of the convection cell")
        .initial_state([1.0, 1.0, 25.0])
        .spin_up(20.0)
        .flow(|x, p| {
            let (sigma, rho, beta) = (p[0], p[1], p[2]);
            let (x, y, z) = (x[0], x[1], x[2]);
            vec![sigma * (y - x), x * (rho - z) - y, x * y - beta * z]
        })
}
