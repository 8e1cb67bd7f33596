//! Starting paths integrated forward from the first state, with those parameters of many drawn ones
//! that explain the data best, improved by a few steps of shooting.

use super::nudged;
use super::shooting::{Shooting, Shot};
use super::Setting;
use crate::random::Random;

/// Number of points that are drawn.
const DRAWN: usize = 64;
/// Number of the best of them that are improved.
const IMPROVED: usize = 3;
/// Numbers of Runge-Kutta steps within a step of the grid. More are taken where with fewer every
/// integration left the finite world.
const SUBSTEPS: [usize; 3] = [1, 4, 16];

/// Makes a path by integrating forward, or a nudged one where no integration stays finite.
pub(super) fn draw(setting: &Setting, random: &mut Random) -> (Vec<f64>, Vec<f64>) {
    for substeps in SUBSTEPS {
        let shooting = Shooting::new(setting, substeps);
        let number = if shooting.is_certain() { 1 } else { DRAWN };
        let mut shots: Vec<Shot> = (0..number).map(|_| shooting.draw(random)).collect();
        shooting.measure(&mut shots);
        shots.retain(|shot| shot.misfit.is_finite());
        shots.sort_by(|a, b| a.misfit.total_cmp(&b.misfit));
        shots.truncate(IMPROVED);
        shots.iter_mut().for_each(|shot| shooting.improve(shot));
        shots.sort_by(|a, b| a.misfit.total_cmp(&b.misfit));
        if let Some(best) = shots.into_iter().next() {
            return (shooting.path(&best), best.parameters);
        }
    }
    nudged::draw(setting, nudged::NUDGED, random)
}
