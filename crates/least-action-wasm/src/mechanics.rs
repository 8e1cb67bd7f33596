//! Lagrangians, Hamiltonians and their orbits.

use std::collections::BTreeMap;

use js_sys::{Array, Float64Array};
use least_action::mechanics::{
    acceleration, integrate, integrate_variational, lyapunov_exponents, momentum,
    symplectic_defect, velocity, ClassicalSystem, ContinuousAction, ContinuousActionOptions,
    HamiltonianDefinition, IntegrationOptions, LagrangianDefinition, LyapunovOptions, Orbit,
    PhasePoint, PhaseSpaceWorkspace, System, VariationalOptions,
};
use least_action::Error;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::JsValue;

use crate::convert::{float64_array, object, read, read_data, set, thrown, Result};
use crate::model::build;

/// Mechanical system with its Lagrangian and its Hamiltonian.
#[wasm_bindgen]
pub struct Mechanics {
    pub(crate) system: System,
    work: PhaseSpaceWorkspace,
}

#[derive(Serialize, Deserialize)]
struct Named {
    system: ClassicalSystem,
}

#[derive(Serialize, Deserialize)]
struct Values {
    #[serde(default)]
    parameters: BTreeMap<String, f64>,
}

#[wasm_bindgen]
impl Mechanics {
    /// System of the action of a flow in continuous time. `data` holds one data set or none.
    #[wasm_bindgen(js_name = ofAction)]
    pub fn of_action(spec: &JsValue, data: &Array, options: &JsValue) -> Result<Mechanics> {
        let model = build(spec)?;
        let options: ContinuousActionOptions = read("", options)?;
        let data = read_data(data)?;
        let action = match data.first() {
            Some(data) => ContinuousAction::new(model, data, &options),
            None => ContinuousAction::of_flow(model, &options),
        };
        Ok(Mechanics::of(System::of_action(action.map_err(thrown)?)))
    }

    /// Named system, with `{ parameters }`.
    #[wasm_bindgen(js_name = ofSystem)]
    pub fn of_system(system: &JsValue, values: &JsValue) -> Result<Mechanics> {
        let named: Named = read("", &object([("system", system.clone())]))?;
        let values: Values = read("", values)?;
        let system = System::of_classical(named.system, &values.parameters);
        system.map(Mechanics::of).map_err(thrown)
    }

    /// System of a Lagrangian that is given as text.
    #[wasm_bindgen(js_name = ofLagrangian)]
    pub fn of_lagrangian(definition: &JsValue, values: &JsValue) -> Result<Mechanics> {
        let definition: LagrangianDefinition = read("", definition)?;
        let values: Values = read("", values)?;
        let lagrangian = definition.build(&values.parameters).map_err(thrown)?;
        Ok(Mechanics::of(System::of_lagrangian(lagrangian)))
    }

    /// System of a Hamiltonian that is given as text.
    #[wasm_bindgen(js_name = ofHamiltonian)]
    pub fn of_hamiltonian(definition: &JsValue, values: &JsValue) -> Result<Mechanics> {
        let definition: HamiltonianDefinition = read("", definition)?;
        let values: Values = read("", values)?;
        let hamiltonian = definition.build(&values.parameters).map_err(thrown)?;
        Ok(Mechanics::of(System::of_hamiltonian(hamiltonian)))
    }

    /// Number of coordinates.
    pub fn dimension(&self) -> usize {
        self.system.dimension()
    }

    /// Lagrangian L(x, v, t).
    pub fn lagrangian(&mut self, x: &Float64Array, v: &Float64Array, time: f64) -> Result<f64> {
        let (x, v) = (x.to_vec(), v.to_vec());
        self.system.lagrangian().check(&x, &v).map_err(thrown)?;
        let at = PhasePoint::new(time, &x, &v);
        let value = self.system.lagrangian().value(&mut self.work, at);
        value.map_err(thrown)
    }

    /// Hamiltonian H(x, p, t).
    pub fn hamiltonian(&mut self, x: &Float64Array, p: &Float64Array, time: f64) -> Result<f64> {
        let (x, p) = (x.to_vec(), p.to_vec());
        self.system.hamiltonian().check(&x, &p).map_err(thrown)?;
        let at = PhasePoint::new(time, &x, &p);
        let value = self.system.hamiltonian().value(&mut self.work, at);
        value.map_err(thrown)
    }

    /// Acceleration of the Euler-Lagrange equation.
    #[wasm_bindgen(js_name = eulerLagrange)]
    pub fn euler_lagrange(
        &mut self,
        x: &Float64Array,
        v: &Float64Array,
        time: f64,
    ) -> Result<JsValue> {
        let (x, v) = (x.to_vec(), v.to_vec());
        let a = acceleration(self.system.lagrangian(), &mut self.work, time, &x, &v);
        a.map(|a| float64_array(&a)).map_err(thrown)
    }

    /// Momentum `p = L_v`.
    pub fn momentum(&mut self, x: &Float64Array, v: &Float64Array, time: f64) -> Result<JsValue> {
        let (x, v) = (x.to_vec(), v.to_vec());
        let p = momentum(self.system.lagrangian(), &mut self.work, time, &x, &v);
        p.map(|p| float64_array(&p)).map_err(thrown)
    }

    /// Velocity `v = H_p`.
    pub fn velocity(&mut self, x: &Float64Array, p: &Float64Array, time: f64) -> Result<JsValue> {
        let (x, p) = (x.to_vec(), p.to_vec());
        let mut v = vec![0.0; p.len()];
        let (l, work) = (self.system.lagrangian(), &mut self.work);
        velocity(l, work, time, &x, &p, &mut v).map_err(thrown)?;
        Ok(float64_array(&v))
    }

    /// Orbit of the canonical equations, from x0 and p0 on.
    pub fn integrate(
        &self,
        x0: &Float64Array,
        p0: &Float64Array,
        options: &JsValue,
    ) -> Result<JsValue> {
        let options: IntegrationOptions = read("", options)?;
        let (x0, p0) = (x0.to_vec(), p0.to_vec());
        let (h, impulses) = (self.system.hamiltonian(), self.system.impulses());
        let orbit = integrate(h, &x0, &p0, impulses, &options);
        orbit.map(|orbit| written(&orbit)).map_err(thrown)
    }

    /// Orbit of the discrete Euler-Lagrange equations.
    #[wasm_bindgen(js_name = integrateVariational)]
    pub fn integrate_variational(
        &self,
        x0: &Float64Array,
        p0: &Float64Array,
        options: &JsValue,
    ) -> Result<JsValue> {
        let options: VariationalOptions = read("", options)?;
        let (x0, p0) = (x0.to_vec(), p0.to_vec());
        let (l, impulses) = (self.system.lagrangian(), self.system.impulses());
        let orbit = integrate_variational(l, &x0, &p0, impulses, &options);
        orbit.map(|orbit| written(&orbit)).map_err(thrown)
    }

    /// Lyapunov exponents of the orbit from x0 and p0 on.
    #[wasm_bindgen(js_name = lyapunovExponents)]
    pub fn lyapunov_exponents(
        &self,
        x0: &Float64Array,
        p0: &Float64Array,
        options: &JsValue,
    ) -> Result<JsValue> {
        let options: LyapunovOptions = read("", options)?;
        let (x0, p0) = (x0.to_vec(), p0.to_vec());
        let found = lyapunov_exponents(self.system.hamiltonian(), &x0, &p0, &options);
        let found = found.map_err(thrown)?;
        Ok(object([
            ("exponents", float64_array(&found.exponents)),
            ("uncertainty", float64_array(&found.uncertainty)),
            ("pairError", found.pair_error.into()),
            ("time", found.time.into()),
            ("x", float64_array(&found.x)),
            ("p", float64_array(&found.p)),
        ]))
    }
}

impl Mechanics {
    pub(crate) fn of(system: System) -> Mechanics {
        Mechanics {
            system,
            work: PhaseSpaceWorkspace::default(),
        }
    }
}

fn written(orbit: &Orbit) -> JsValue {
    let result = object([
        ("times", float64_array(&orbit.times)),
        ("x", float64_array(&orbit.x)),
        ("p", float64_array(&orbit.p)),
        ("jumps", float64_array(&orbit.jumps)),
        ("energy", float64_array(&orbit.energy)),
        ("energyError", orbit.energy_error.into()),
        ("energyErrorAtEnd", orbit.energy_error_end.into()),
        ("steps", (orbit.steps as f64).into()),
        ("newtonIterations", (orbit.newton_iterations as f64).into()),
    ]);
    let (tangent, defect) = match orbit.tangent.is_empty() {
        true => (JsValue::NULL, JsValue::NULL),
        false => (
            float64_array(&orbit.tangent),
            symplectic_defect(&orbit.tangent).into(),
        ),
    };
    set(&result, "tangent", &tangent);
    set(&result, "symplecticDefect", &defect);
    set(&result, "failure", &failure_of(orbit.failure.as_ref()));
    result
}

/// Failure that cut a result short, in the form of errors that are thrown; null if there was none.
pub fn failure_of(failure: Option<&Error>) -> JsValue {
    failure.map_or(JsValue::NULL, |failure| thrown(failure.clone()))
}
