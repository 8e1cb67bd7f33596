//! Boundary-value problems of mechanical systems.

use js_sys::Float64Array;
use least_action::mechanics::{BoundaryOptions, BoundarySolution, SecondVariation};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::JsValue;

use crate::convert::{float64_array, object, plain, read, set, thrown, Result};
use crate::mechanics::{failure_of, Mechanics};

/// Solver of a boundary-value problem, one iteration at a time.
#[wasm_bindgen]
pub struct BoundarySolver {
    /// Solver; `None` once it has been finished.
    solver: Option<least_action::mechanics::BoundarySolver>,
}

#[wasm_bindgen]
impl BoundarySolver {
    /// Solver for a system, from an initial path. Momenta that are not given are found from the
    /// path.
    #[wasm_bindgen(constructor)]
    pub fn new(
        mechanics: &Mechanics,
        initial_path: &Float64Array,
        initial_momentum: Option<Float64Array>,
        options: &JsValue,
    ) -> Result<BoundarySolver> {
        let options: BoundaryOptions = read("", options)?;
        let p = initial_momentum.map(|p| p.to_vec());
        let path = initial_path.to_vec();
        let (system, p) = (&mechanics.system, p.as_deref());
        let solver = least_action::mechanics::BoundarySolver::new(system, &path, p, &options);
        Ok(BoundarySolver {
            solver: Some(solver.map_err(thrown)?),
        })
    }

    /// Does one iteration. Returns false once there is nothing left to do.
    pub fn advance(&mut self) -> bool {
        self.solver.as_mut().is_some_and(|solver| solver.advance())
    }

    pub fn progress(&self) -> JsValue {
        let progress = self.solver.as_ref().map(|solver| solver.progress());
        progress.map_or(JsValue::NULL, |progress| plain(&progress))
    }

    /// Solution, or the best iterate so far. To be called once.
    pub fn finish(&mut self) -> JsValue {
        let solution = self.solver.take().map(|solver| solver.finish());
        solution.map_or(JsValue::NULL, |solution| written(&solution))
    }
}

/// Action levels of solutions by their actions, which are NaN for those that are no stationary
/// paths.
#[wasm_bindgen(js_name = actionLevels)]
pub fn action_levels(actions: &Float64Array) -> JsValue {
    plain(&least_action::mechanics::action_levels(&actions.to_vec()))
}

fn written(solution: &BoundarySolution) -> JsValue {
    let result = object([
        ("status", plain(&solution.status)),
        ("times", float64_array(&solution.times)),
        ("path", float64_array(&solution.path)),
        ("momentum", float64_array(&solution.momentum)),
        ("jumps", float64_array(&solution.jumps)),
        ("energy", float64_array(&solution.energy)),
        ("mesh", float64_array(&solution.mesh)),
        ("action", solution.action.into()),
        ("residual", solution.residual.into()),
        ("boundaryError", solution.boundary_error.into()),
        ("meshError", solution.mesh_error.into()),
        ("iterations", (solution.iterations as f64).into()),
        ("factorizations", (solution.factorizations as f64).into()),
        ("steps", (solution.steps as f64).into()),
        ("continuation", plain(&solution.continuation)),
        ("failure", failure_of(solution.failure.as_ref())),
    ]);
    let of_second = |what: fn(&SecondVariation) -> JsValue| {
        let second = solution.second_variation.as_ref();
        second.map_or(JsValue::NULL, what)
    };
    set(&result, "kind", &of_second(|s| plain(&s.kind)));
    set(
        &result,
        "negativeDirections",
        &of_second(|s| (s.negative_directions as f64).into()),
    );
    set(
        &result,
        "conjugatePoints",
        &of_second(|s| float64_array(&s.conjugate_points)),
    );
    set(
        &result,
        "covariance",
        &of_second(|s| match s.covariance.is_empty() {
            true => JsValue::NULL,
            false => float64_array(&s.covariance),
        }),
    );
    result
}
