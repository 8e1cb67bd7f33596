use crate::model::Scratch;
use crate::solve::dense::Lu;

/// Memory that evaluations of Lagrangians and Hamiltonians reuse: after the first evaluation of a
/// kind none is taken per call.
///
/// It holds no results, so one workspace serves any number of systems, one after the other.
#[derive(Debug, Clone, Default)]
pub struct PhaseSpaceWorkspace {
    pub(super) scratch: Scratch,
    numbers: Vec<Vec<f64>>,
    factors: Vec<Lu>,
}

impl PhaseSpaceWorkspace {
    /// A list of zeros, to be given back with [`PhaseSpaceWorkspace::give`]. Lists that an error
    /// keeps from coming back are allocated again.
    pub(super) fn take(&mut self, length: usize) -> Vec<f64> {
        let mut numbers = self.numbers.pop().unwrap_or_default();
        numbers.clear();
        numbers.resize(length, 0.0);
        numbers
    }

    pub(super) fn give(&mut self, numbers: Vec<f64>) {
        self.numbers.push(numbers);
    }

    pub(super) fn take_factor(&mut self) -> Lu {
        self.factors.pop().unwrap_or_default()
    }

    pub(super) fn give_factor(&mut self, factor: Lu) {
        self.factors.push(factor);
    }
}
