use super::System;

/// The neuron with sodium, potassium and leak; keeps the gates' activations for the derivative.
#[derive(Default)]
pub struct Neuron {
    activations: Vec<[f64; 3]>,
}

impl System for Neuron {
    fn dimension(&self) -> usize {
        4
    }

    fn rates(&mut self, path: &[f64], p: &[f64], inputs: &[f64], f: &mut [f64]) {
        self.activations.resize(inputs.len(), [0.0; 3]);
        let rows = path.chunks_exact(4).zip(f.chunks_exact_mut(4));
        for (((x, f), current), kept) in rows.zip(inputs).zip(&mut self.activations) {
            let (v, m, h, n) = (x[0], x[1], x[2], x[3]);
            f[0] = p[0] * m * m * m * h * (p[1] - v)
                + p[2] * (n * n) * (n * n) * (p[3] - v)
                + p[4] * (p[5] - v)
                + current;
            for gate in 0..3 {
                let q = &p[6 + 4 * gate..10 + 4 * gate];
                let a = libm::tanh((v - q[0]) / q[1]);
                kept[gate] = a;
                f[1 + gate] = (0.5 * (1.0 + a) - x[1 + gate]) / (q[2] + q[3] * (1.0 - a * a));
            }
        }
    }

    fn pull_back(
        &mut self,
        path: &[f64],
        p: &[f64],
        w: &[f64],
        gradient: &mut [f64],
        in_parameters: &mut [f64],
    ) {
        let rows = path.chunks_exact(4).zip(w.chunks_exact(4));
        for (((x, w), g), kept) in rows
            .zip(gradient.chunks_exact_mut(4))
            .zip(&self.activations)
        {
            let (v, m, h, n) = (x[0], x[1], x[2], x[3]);
            let (m2, n2) = (m * m, n * n);
            let (open_na, open_k) = (m2 * m * h, n2 * n2);
            let (na, k) = (p[1] - v, p[3] - v);
            in_parameters[0] += w[0] * open_na * na;
            in_parameters[1] += w[0] * p[0] * open_na;
            in_parameters[2] += w[0] * open_k * k;
            in_parameters[3] += w[0] * p[2] * open_k;
            in_parameters[4] += w[0] * (p[5] - v);
            in_parameters[5] += w[0] * p[4];
            let mut in_v = -w[0] * (p[0] * open_na + p[2] * open_k + p[4]);
            g[1] += w[0] * p[0] * 3.0 * m2 * h * na;
            g[2] += w[0] * p[0] * m2 * m * na;
            g[3] += w[0] * p[2] * 4.0 * n2 * n * k;
            for gate in 0..3 {
                let q = &p[6 + 4 * gate..10 + 4 * gate];
                let a = kept[gate];
                let slope = 1.0 - a * a;
                let time = q[2] + q[3] * slope;
                let weight = w[1 + gate] / time;
                let rate = (0.5 * (1.0 + a) - x[1 + gate]) / time;
                g[1 + gate] -= weight;
                let in_time = -weight * rate;
                let in_parameters = &mut in_parameters[6 + 4 * gate..10 + 4 * gate];
                in_parameters[2] += in_time;
                in_parameters[3] += in_time * slope;
                let in_argument = (0.5 * weight - 2.0 * in_time * q[3] * a) * slope;
                let over_width = in_argument / q[1];
                in_v += over_width;
                in_parameters[0] -= over_width;
                in_parameters[1] -= over_width * ((v - q[0]) / q[1]);
            }
            g[0] += in_v;
        }
    }
}
