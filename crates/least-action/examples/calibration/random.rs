//! Random numbers of laws that are written here once more, so that nothing of a truth comes from
//! the library.

use rand_chacha::rand_core::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub struct Random(ChaCha8Rng);

impl Random {
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Random(generator)
    }

    /// Uniform number from 0 to 1, without 1.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Standard normal number (G. E. P. Box, M. E. Muller, Ann. Math. Statist. 29, 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * libm::log(1.0 - self.unit())).sqrt();
        radius * libm::cos(std::f64::consts::TAU * self.unit())
    }

    /// Gamma number of this shape and scale 1 (G. Marsaglia, W. W. Tsang, ACM Trans. Math. Softw.
    /// 26, 2000); a smaller shape is raised by one.
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            return self.gamma(shape + 1.0) * libm::pow(1.0 - self.unit(), 1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let z = self.normal();
            let v = (1.0 + c * z).powi(3);
            let log = libm::log(1.0 - self.unit());
            if v > 0.0 && log < 0.5 * z * z + d - d * v + d * libm::log(v) {
                return d * v;
            }
        }
    }

    /// Poisson number by the times between events, for means up to some hundred.
    pub fn poisson(&mut self, mean: f64) -> f64 {
        let (mut count, mut time) = (0.0, -libm::log(1.0 - self.unit()));
        while time < mean {
            count += 1.0;
            time -= libm::log(1.0 - self.unit());
        }
        count
    }

    /// Number of successes among independent trials.
    pub fn binomial(&mut self, trials: usize, probability: f64) -> f64 {
        (0..trials).filter(|_| self.unit() < probability).count() as f64
    }

    /// Number of a symmetric law whose density falls no slower than an exponential: from a Laplace
    /// number, which is taken with the ratio of the densities. `log_density` need not be
    /// normalised; at 0 it is 0, and nowhere more than `1 - |z|`.
    pub fn of_density(&mut self, log_density: impl Fn(f64) -> f64) -> f64 {
        loop {
            let size = -libm::log(1.0 - self.unit());
            let z = if self.unit() < 0.5 { size } else { -size };
            if libm::log(1.0 - self.unit()) < log_density(z) - 1.0 + size {
                return z;
            }
        }
    }
}
