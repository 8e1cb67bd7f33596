use super::System;

/// Lorenz96 with this number of sites.
pub struct Lorenz96(pub usize);

impl System for Lorenz96 {
    fn dimension(&self) -> usize {
        self.0
    }

    fn rates(&mut self, path: &[f64], parameters: &[f64], _: &[f64], f: &mut [f64]) {
        let d = self.0;
        for (x, f) in path.chunks_exact(d).zip(f.chunks_exact_mut(d)) {
            for i in 0..d {
                let (before, two_before, after) = neighbours(i, d);
                f[i] = x[before] * (x[after] - x[two_before]) - x[i] + parameters[0];
            }
        }
    }

    fn pull_back(
        &mut self,
        path: &[f64],
        _: &[f64],
        w: &[f64],
        gradient: &mut [f64],
        in_parameters: &mut [f64],
    ) {
        let d = self.0;
        let rows = path.chunks_exact(d).zip(w.chunks_exact(d));
        for ((x, w), g) in rows.zip(gradient.chunks_exact_mut(d)) {
            for i in 0..d {
                let (before, two_before, after) = neighbours(i, d);
                g[before] += w[i] * (x[after] - x[two_before]);
                g[after] += w[i] * x[before];
                g[two_before] -= w[i] * x[before];
                g[i] -= w[i];
                in_parameters[0] += w[i];
            }
        }
    }
}

/// The sites before, two before, and after `i` on the ring.
fn neighbours(i: usize, d: usize) -> (usize, usize, usize) {
    let before = if i == 0 { d - 1 } else { i - 1 };
    let two_before = if i < 2 { i + d - 2 } else { i - 2 };
    let after = if i + 1 == d { 0 } else { i + 1 };
    (before, two_before, after)
}
