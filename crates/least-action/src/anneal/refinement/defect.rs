//! Change of an answer on a grid with steps half as long, by defect correction (H. J. Stetter,
//! Numer. Math. 29, 1978): the finer grid's residuals, and the factor of the present one.

use super::super::climb::Climb;
use super::super::fit::Leverages;
use super::super::paths::Paths;
use super::check::{squares_along, Change, StepCheck};
use crate::solve::Assembly;

/// Estimates the error of the end of a climb from the rows there, whose residuals it replaces, and
/// their factor; `chi_square` is that of the end. Beside these it costs little. `None` where the
/// check is turned off, and where this way does not apply.
pub(in crate::anneal) fn check_by_defect(
    paths: &Paths,
    climb: &Climb,
    found: &mut Leverages,
    chi_square: f64,
) -> Option<StepCheck> {
    let last = climb.rungs.last()?.model_precision;
    let coarse = paths.problem();
    // Where errors of the model are noise, they are spread over the steps of a finer grid.
    let is_noise = paths.base().options.model_precision.last.is_some();
    let is_open = !found.rank.dependent.is_empty();
    if !paths.options.refinement.check || is_noise || is_open {
        return None;
    }
    let fine = paths.on_finer_grid(2 * coarse.parts(), last)?;
    let path = coarse.interpolate(&climb.path, &climb.parameters, 2);
    let defect = coarse.defect(&fine, (&path, &climb.parameters), &found.rows.groups[0])?;
    found
        .rows
        .groups
        .iter_mut()
        .for_each(|group| group.residuals.fill(0.0));
    found.rows.groups[0].residuals = defect;
    let step = step(found);
    let misfit = found.factor * squares_along(&found.rows.groups[1], &found.layout, &step);
    let deviation = |unknown| match found.rank.held[unknown] {
        true => 0.0,
        false => (found.inverse.get(unknown, unknown) / found.factor).sqrt(),
    };
    let change = Change {
        deviations: (0..step.len()).map(deviation).collect(),
        misfit,
        step,
    };
    Some(StepCheck::new(coarse, climb, &change, chi_square))
}

/// Step to the minimum of the linearised sum of squares. The second solution returns digits that
/// the matrix has lost, as it squares the Jacobian.
fn step(found: &Leverages) -> Vec<f64> {
    let assembly = Assembly::new(&found.layout, &found.rows);
    let mut step = vec![0.0; found.rank.held.len()];
    let mut left = vec![0.0; step.len()];
    for _ in 0..2 {
        assembly.gradient_after(&found.rows, &step, &mut left);
        let free = left.iter_mut().zip(&found.rank.held);
        free.filter(|(_, &held)| held).for_each(|(g, _)| *g = 0.0);
        found.rank.factor.solve(&mut left);
        step.iter_mut().zip(&left).for_each(|(s, l)| *s -= l);
    }
    step
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;
    use std::sync::Arc;

    use super::super::check::{MATTERS, SURE};
    use super::super::halved::check_by_halving;
    use crate::action::Discretization;
    use crate::anneal::{AnnealOptions, Annealer, Estimate};
    use crate::model::{Model, ModelBuilder};
    use crate::models;
    use crate::TwinExperiment;

    /// Error and its parts by the defect and by halving, of a run on a twin: the largest, that of
    /// the misfit, and those of the parameters, in standard deviations.
    fn errors(model: impl Model + 'static, names: &[&str], twin: TwinExperiment) -> [Vec<f64>; 2] {
        let data = twin.run(&model).unwrap().data;
        let estimate = |name: &&str| {
            let parameter = model.parameters().iter().find(|p| p.name == **name);
            let value = parameter.unwrap().default;
            let estimate = Estimate {
                initial: Some([0.5 * value, 2.0 * value]),
                ..Estimate::default()
            };
            (name.to_string(), estimate)
        };
        let options = AnnealOptions {
            measurement_precision: (1.0 / (twin.noise * twin.noise)).into(),
            estimate: names.iter().map(estimate).collect(),
            ..AnnealOptions::default()
        };
        let annealer = Annealer::new(Arc::new(model), data, options).unwrap();
        let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
        let (paths, best) = (annealer.annealable(), run.best());
        let by_halving = check_by_halving(paths, best, 0.0).unwrap();
        [run.step.clone().unwrap(), by_halving].map(|check| {
            let parameters = check.parameters.iter().map(|p| p.error / p.deviation);
            let largest = [check.error, check.misfit];
            largest.into_iter().chain(parameters).collect()
        })
    }

    /// Both ways agree where the error is small, and neither takes a large one for small.
    fn compare(name: &str, [by_defect, by_halving]: [Vec<f64>; 2]) {
        if by_halving[0] < MATTERS {
            let ratio = by_defect[0] / by_halving[0];
            assert!(
                (0.9..1.1).contains(&ratio),
                "{name}: {by_defect:?} for {by_halving:?}"
            );
            // Single parameters may have errors that are differences of larger ones.
            for (d, h) in by_defect.iter().zip(&by_halving) {
                let tolerance = 0.15 * h.abs() + 0.2 * by_halving[0];
                assert!(
                    (d - h).abs() < tolerance,
                    "{name}: {by_defect:?} for {by_halving:?}"
                );
            }
        } else {
            assert!(by_defect[0] > SURE * MATTERS, "{name}: {by_defect:?}");
        }
    }

    fn twin(time_step: f64, points: usize, observed: &[usize], noise: f64) -> TwinExperiment {
        TwinExperiment {
            time_step,
            points,
            observed: observed.to_vec(),
            noise,
            ..TwinExperiment::default()
        }
    }

    #[test]
    fn a_defect_gives_the_error_that_halving_gives() {
        for (step, seed) in [(0.025, 0), (0.025, 1), (0.025, 2), (0.05, 3), (0.1, 4)] {
            let model = models::lorenz96(20).unwrap();
            let twin = TwinExperiment {
                seed,
                ..twin(step, 81, &[0, 2, 5, 7, 10, 12, 15, 17], 0.2)
            };
            compare("lorenz96", errors(model, &["forcing"], twin));
        }
        for step in [0.01, 0.02, 0.03, 0.05, 0.08] {
            let model = models::lorenz63().unwrap();
            let twin = twin(step, 101, &[0, 2], 1.0);
            compare("lorenz63", errors(model, &["rho", "sigma"], twin));
        }
        for step in [0.04, 0.06, 0.1, 0.2] {
            let model = ModelBuilder::new("van der Pol")
                .states(["x", "v"])
                .parameter("mu", 5.0, "")
                .initial_state([2.0, 0.0])
                .flow(|x, p| vec![x[1], p[0] * (1.0 - x[0] * x[0]) * x[1] - x[0]])
                .unwrap();
            compare(
                "van der Pol",
                errors(model, &["mu"], twin(step, 201, &[0], 0.1)),
            );
        }
        for step in [0.1, 0.2, 0.3, 0.5, 1.0] {
            let model = ModelBuilder::new("reactions")
                .states(["A", "B"])
                .parameter("k1", 2.0, "")
                .parameter("k2", 1.0, "")
                .initial_state([1.0, 0.0])
                .flow(|x, p| vec![-p[0] * x[0], p[0] * x[0] - p[1] * x[1]])
                .unwrap();
            let twin = twin(step, 21, &[0, 1], 0.01);
            compare("reactions", errors(model, &["k1", "k2"], twin));
        }
    }

    #[test]
    fn other_schemes_are_halved() {
        let model = models::lorenz63().unwrap();
        let data = twin(0.01, 51, &[0, 2], 1.0).run(&model).unwrap().data;
        let options = AnnealOptions {
            discretization: Some(Discretization::Rk4),
            ..AnnealOptions::default()
        };
        let annealer = Annealer::new(Arc::new(model), data, options).unwrap();
        let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
        assert!(run.step.is_none());
        assert!(annealer.check_step(&run, &[]).is_some());
    }
}
