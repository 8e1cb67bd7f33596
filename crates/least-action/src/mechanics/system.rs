use std::collections::BTreeMap;
use std::sync::Arc;

use super::{
    ActionHamiltonian, ActionLagrangian, ClassicalSystem, ContinuousAction, Hamiltonian, Impulse,
    Lagrangian, LegendreTransform,
};
use crate::error::{Error, Result};

/// A mechanical system: its Lagrangian L(t, x, v), its Hamiltonian H(t, x, p), and the impulses of
/// its measurements. Clones share both functions.
///
/// ```
/// use least_action::mechanics::{ClassicalSystem, System};
///
/// let kepler = System::of_classical(ClassicalSystem::Kepler, &Default::default())?;
/// assert_eq!(kepler.dimension(), 2);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Clone)]
pub struct System {
    lagrangian: Arc<dyn Lagrangian>,
    hamiltonian: Arc<dyn Hamiltonian>,
    impulses: Arc<[Impulse]>,
    action: Option<Arc<ContinuousAction>>,
}

impl System {
    /// Makes a system of the action of a flow with data.
    pub fn of_action(action: ContinuousAction) -> System {
        let action = Arc::new(action);
        System {
            lagrangian: Arc::new(ActionLagrangian(action.clone())),
            hamiltonian: Arc::new(ActionHamiltonian(action.clone())),
            impulses: action.impulses().into(),
            action: Some(action),
        }
    }

    /// Makes a named system.
    ///
    /// # Errors
    /// Parameters that it does not have, or that are not finite.
    pub fn of_classical(
        system: ClassicalSystem,
        parameters: &BTreeMap<String, f64>,
    ) -> Result<System> {
        let lagrangian = system.definition().build(parameters)?;
        Ok(match system.hamiltonian() {
            Some(hamiltonian) => System {
                lagrangian: Arc::new(lagrangian),
                hamiltonian: Arc::new(hamiltonian.build(parameters)?),
                impulses: Arc::new([]),
                action: None,
            },
            None => System::of_lagrangian(lagrangian),
        })
    }

    /// Makes a system of a Lagrangian; the Hamiltonian is its Legendre transform.
    pub fn of_lagrangian(lagrangian: impl Lagrangian + Clone + 'static) -> System {
        System {
            hamiltonian: Arc::new(LegendreTransform(lagrangian.clone())),
            lagrangian: Arc::new(lagrangian),
            impulses: Arc::new([]),
            action: None,
        }
    }

    /// Makes a system of a Hamiltonian; the Lagrangian is its Legendre transform.
    pub fn of_hamiltonian(hamiltonian: impl Hamiltonian + Clone + 'static) -> System {
        System {
            lagrangian: Arc::new(LegendreTransform(hamiltonian.clone())),
            hamiltonian: Arc::new(hamiltonian),
            impulses: Arc::new([]),
            action: None,
        }
    }

    /// Number of coordinates, D.
    pub fn dimension(&self) -> usize {
        self.hamiltonian.dimension()
    }

    /// The Lagrangian. An action with an infinite R_f has none: all its evaluations are errors
    /// then, and [`System::has_lagrangian`] is false.
    pub fn lagrangian(&self) -> &dyn Lagrangian {
        &*self.lagrangian
    }

    /// True if L exists. For Hamiltonians of physics it is not known if velocities determine the
    /// momenta: evaluations then give errors.
    pub fn has_lagrangian(&self) -> bool {
        self.action.as_ref().is_none_or(|a| a.has_lagrangian())
    }

    /// The Hamiltonian.
    pub fn hamiltonian(&self) -> &dyn Hamiltonian {
        &*self.hamiltonian
    }

    /// Jumps of the momentum, by time.
    pub fn impulses(&self) -> &[Impulse] {
        &self.impulses
    }

    /// The action whose mechanics this is; `None` for systems of physics.
    pub fn action(&self) -> Option<&Arc<ContinuousAction>> {
        self.action.as_ref()
    }

    /// The system of the action in which every R_f that climbs is multiplied by `factor`; infinite
    /// ones stay.
    ///
    /// # Errors
    /// A system that has no R_f.
    pub fn with_model_precision_times(&self, factor: f64) -> Result<System> {
        match &self.action {
            Some(action) if !action.climbs() => Err(Error::WrongShape {
                path: "continuation".into(),
                message: "is a continuation in the model precision, which is infinite here; give \
                a finite modelPrecision, or leave it out"
                    .into(),
            }),
            Some(action) => Ok(System::of_action(action.with_model_precision_times(factor))),
            None => Err(Error::WrongShape {
                path: "continuation".into(),
                message: "is a continuation in the model precision, which only the action of a \
                model has; leave it out"
                    .into(),
            }),
        }
    }
}
