//! Methods of higher order, composed of steps of a symmetric method of second order, whose lengths
//! are given as fractions of the whole (Hairer, Lubich, Wanner, sections II.4 and V.3).

use super::one_step_map::MapStep;
use super::stormer_verlet::stormer_verlet;
use crate::error::Result;
use crate::mechanics::Hamiltonian;

pub(super) const YOSHIDA_4: &[f64] = &[
    1.351_207_191_959_657_6,
    -1.702_414_383_919_315_3,
    1.351_207_191_959_657_6,
];

pub(super) const SUZUKI_4: &[f64] = &[
    0.414_490_771_794_375_74,
    0.414_490_771_794_375_74,
    -0.657_963_087_177_502_9,
    0.414_490_771_794_375_74,
    0.414_490_771_794_375_74,
];

pub(super) const YOSHIDA_6: &[f64] = &[
    0.784_513_610_477_557_3,
    0.235_573_213_359_358_13,
    -1.177_679_984_178_871,
    1.315_186_320_683_911_2,
    -1.177_679_984_178_871,
    0.235_573_213_359_358_13,
    0.784_513_610_477_557_3,
];

pub(super) const KAHAN_LI_6: &[f64] = &[
    0.392_161_444_007_314_1,
    0.332_599_136_789_359_44,
    -0.706_246_172_557_639_4,
    0.082_213_596_293_550_8,
    0.798_543_990_934_83,
    0.082_213_596_293_550_8,
    -0.706_246_172_557_639_4,
    0.332_599_136_789_359_44,
    0.392_161_444_007_314_1,
];

pub(super) fn compose(
    hamiltonian: &dyn Hamiltonian,
    mut step: MapStep,
    shares: &[f64],
) -> Result<usize> {
    let (mut time, h) = (step.time, step.h);
    let mut iterations = 0;
    for share in shares {
        iterations += stormer_verlet(hamiltonian, step.part(time, share * h))?;
        time += share * h;
    }
    Ok(iterations)
}
