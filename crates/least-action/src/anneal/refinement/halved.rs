//! Change of an answer on a grid with steps half as long, by a step of Gauss and Newton there.

use super::super::climb::Climb;
use super::super::paths::Paths;
use super::check::{squares_along, Change, StepCheck};
use crate::action::{
    model_precision_factor, Action, ActionObjective, Normalization, Problem, Scales,
};
use crate::solve::{Assembly, BlockMatrix, Cholesky, Layout, LeastSquares, Objective};

/// Shares of the diagonal that are added to a matrix that is singular but for rounding errors.
const SHIFTS: [f64; 3] = [0.0, 1e-13, 1e-10];

/// Estimates the error of the end of a climb; `None` for maps and where the matrix is singular.
/// `chi_square` is that of the end.
pub(super) fn check_by_halving(paths: &Paths, climb: &Climb, chi_square: f64) -> Option<StepCheck> {
    let last = climb.rungs.last()?.model_precision;
    let coarse = paths.problem();
    if coarse.discretization.order() == 0 {
        return None;
    }
    let mut fine = paths.on_finer_grid(2 * coarse.parts(), last)?;
    // Estimated noise stays what it is.
    let own = climb.parameters.len() - fine.noise_parameters();
    for (p, &value) in climb.parameters.iter().enumerate().skip(own) {
        fine.hold(p, value);
    }
    fine.fix_spreads(&climb.parameters);
    let model_precision = last * model_precision_factor(coarse.normalization, 2);
    let path = coarse.interpolate(&climb.path, &climb.parameters, 2);
    let unknowns = [&path[..], &climb.parameters].concat();
    let change = change(&fine, model_precision, unknowns)?;
    let on_coarse = |values: &[f64]| at_coarse_points(&fine, values);
    let change = Change {
        step: on_coarse(&change.step),
        deviations: on_coarse(&change.deviations),
        ..change
    };
    Some(StepCheck::new(coarse, climb, &change, chi_square))
}

/// Values of the unknowns of a grid at every second point, with those of the parameters.
fn at_coarse_points(fine: &Problem, values: &[f64]) -> Vec<f64> {
    let d = fine.model.dimension();
    let segments = fine.grid.segments.iter();
    let points = segments
        .flat_map(|segment| (segment.first..segment.first + segment.points).step_by(2))
        .flat_map(|point| &values[point * d..][..d]);
    let parameters = &values[fine.path_length()..];
    points.chain(parameters).copied().collect()
}

fn change(problem: &Problem, model_precision: f64, mut unknowns: Vec<f64>) -> Option<Change> {
    let mut action = Action::new(problem);
    let layout = action.layout();
    let scales = Scales::none(layout.dimension, layout.parameters);
    let never = || false;
    let mut objective = ActionObjective::new(&mut action, model_precision, &scales, &never);
    if let Some(bounds) = objective.bounds() {
        bounds.project(&mut unknowns);
    }
    let mut rows = objective.linearization();
    objective.linearize(&unknowns, &mut rows).ok()?;
    let (mut hessian, mut step) = (BlockMatrix::new(&layout), vec![0.0; unknowns.len()]);
    let assembly = Assembly::new(&layout, &rows);
    assembly.assemble(&rows, &mut hessian, &mut step);
    let mut fixed = Vec::new();
    if let Some(bounds) = objective.bounds() {
        fixed = vec![false; unknowns.len()];
        bounds.mark_active(&unknowns, &step, &mut fixed);
    }
    let mut diagonal = vec![0.0; unknowns.len()];
    hessian.diagonal(&mut diagonal);
    let mut factor = Cholesky::new(&layout);
    let is_regular = SHIFTS.iter().any(|share| {
        let shift: Vec<f64> = diagonal.iter().map(|h| share * h).collect();
        factor.factor(&hessian, &shift, &fixed).is_ok()
    });
    if !is_regular {
        return None;
    }
    step.iter_mut().for_each(|g| *g = -*g);
    let held = |unknown: usize| fixed.get(unknown) == Some(&true);
    let clear = |values: &mut [f64]| {
        let all = values.iter_mut().enumerate();
        all.filter(|(k, _)| held(*k)).for_each(|(_, v)| *v = 0.0);
    };
    clear(&mut step);
    factor.solve(&mut step);
    // Digits that the matrix has lost, as it squares the Jacobian.
    let mut left = vec![0.0; unknowns.len()];
    assembly.gradient_after(&rows, &step, &mut left);
    clear(&mut left);
    factor.solve(&mut left);
    step.iter_mut().zip(&left).for_each(|(s, l)| *s -= l);
    // Half chi-square is this many times the action.
    let weight = match problem.normalization {
        Normalization::Posterior => 1.0,
        Normalization::Mean => 0.5 * problem.measured() as f64,
    };
    Some(Change {
        misfit: weight * squares_along(&rows.groups[1], &layout, &step),
        deviations: deviations(&factor, &layout, weight),
        step,
    })
}

/// Posterior standard deviations of all unknowns, where half chi-square is `weight` times the
/// action.
fn deviations(factor: &Cholesky, layout: &Layout, weight: f64) -> Vec<f64> {
    let d = layout.dimension;
    let mut deviations = vec![0.0; layout.unknowns()];
    factor.selected_inverse(|point, panel| {
        let width = match point < layout.points {
            true => d,
            false => layout.parameters,
        };
        let rows = panel.len() / width;
        for k in 0..width {
            deviations[point * d + k] = (panel[k * rows + k] / weight).sqrt();
        }
    });
    deviations
}
