use super::{Flow, Gradient, Instants, Scheme, Stage, Stages};

pub(super) struct Rk4;

/// Where stage s is evaluated: `x + h NODES[s] k_(s-1)`; what it counts for: `h WEIGHTS[s] k_s`.
const NODES: [f64; 4] = [0.0, 0.5, 0.5, 1.0];
const INSTANTS: [Instants; 4] = [
    Instants::Points,
    Instants::Middles,
    Instants::Middles,
    Instants::Ends,
];
const WEIGHTS: [f64; 4] = [1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0];

impl Scheme for Rk4 {
    fn stages(&self) -> usize {
        4
    }

    fn residuals(&self, flow: &mut Flow, h: f64, path: &[f64], work: &mut Stages, r: &mut [f64]) {
        let d = flow.dimension;
        let size = r.len();
        let from = &path[..size];
        for ((r, x), y) in r.iter_mut().zip(from).zip(&path[d..]) {
            *r = y - x;
        }
        for s in 0..4 {
            let (before, stage) = split(&mut work.0, s);
            let states = &mut stage.states[..size];
            match before {
                None => states.copy_from_slice(from),
                Some(before) => {
                    let reach = h * NODES[s];
                    for ((z, x), k) in states.iter_mut().zip(from).zip(&before.derivative) {
                        *z = x + reach * k;
                    }
                }
            }
            let k = &mut stage.derivative[..size];
            flow.evaluate(INSTANTS[s], states, k);
            for (r, k) in r.iter_mut().zip(k.iter()) {
                *r -= h * WEIGHTS[s] * k;
            }
        }
    }

    fn pull_back(
        &self,
        flow: &mut Flow,
        h: f64,
        _path: &[f64],
        work: &mut Stages,
        w: &[f64],
        gradient: &mut Gradient,
    ) {
        let size = w.len();
        super::difference(gradient.path, flow.dimension, w);
        for (s, stage) in work.0.iter_mut().enumerate() {
            for (adjoint, w) in stage.adjoint.iter_mut().zip(w) {
                *adjoint = -h * WEIGHTS[s] * w;
            }
        }
        for s in (0..4).rev() {
            let (before, stage) = split(&mut work.0, s);
            // The derivative of this stage has served; its room takes the gradient at the stage's states.
            let at_states = &mut stage.derivative[..size];
            at_states.fill(0.0);
            flow.pull_back(
                INSTANTS[s],
                &stage.states[..size],
                &stage.adjoint[..size],
                at_states,
                gradient.parameters,
            );
            for (to, g) in gradient.path.iter_mut().zip(at_states.iter()) {
                *to += g;
            }
            if let Some(before) = before {
                let reach = h * NODES[s];
                for (adjoint, g) in before.adjoint.iter_mut().zip(at_states.iter()) {
                    *adjoint += reach * g;
                }
            }
        }
    }
}

/// Stage `s` and the one before it.
fn split(stages: &mut [Stage], s: usize) -> (Option<&mut Stage>, &mut Stage) {
    let (before, rest) = stages.split_at_mut(s);
    (before.last_mut(), &mut rest[0])
}
