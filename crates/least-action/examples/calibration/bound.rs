//! Share of exact intervals that hold the truth beside an active bound: two unknowns with normal
//! errors of unit size, of which one must not be negative, and intervals of the other.

use crate::random::Random;

/// Number of pairs of data, and of points of the bounded unknown's density.
const COUNT: usize = 4000;
const POINTS: usize = 400;
/// Farthest truth of the bounded unknown where it is drawn, and width of its density.
const FARTHEST: f64 = 20.0;
const WIDTH: f64 = 9.0;
/// Correlations of the errors.
const CORRELATIONS: [f64; 3] = [0.0, 0.5, 0.7];
/// Probabilities of the intervals.
const SHARES: [f64; 2] = [0.5, 0.9];

fn below(z: f64) -> f64 {
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}

/// Probability that the free unknown is less than its truth, 0, given the data: the mean over the
/// bounded one, whose density is normal about its datum and cut off at 0.
fn probability(datum: f64, bounded: f64, correlation: f64) -> f64 {
    let rest = (1.0 - correlation * correlation).sqrt();
    let from = f64::max(0.0, bounded - WIDTH);
    let step = (f64::max(bounded, 0.0) + WIDTH - from) / POINTS as f64;
    let (mut sum, mut weights) = (0.0, 0.0);
    for k in 0..POINTS {
        let c = from + step * (k as f64 + 0.5);
        let weight = libm::exp(-0.5 * ((c - bounded) * (c - bounded)));
        sum += weight * below(-(datum + correlation * (c - bounded)) / rest);
        weights += weight;
    }
    sum / weights
}

pub fn print() {
    println!("\n| truth | correlation | 50 % | 90 % |\n| --- | --- | --- | --- |");
    for is_drawn in [false, true] {
        for correlation in CORRELATIONS {
            let mut random = Random::new(3, 0);
            let mut held = [0; 2];
            for _ in 0..COUNT {
                let truth = if is_drawn {
                    FARTHEST * random.unit()
                } else {
                    0.0
                };
                let error = random.normal();
                let rest = (1.0 - correlation * correlation).sqrt() * random.normal();
                let datum = correlation * error + rest;
                let rank = probability(datum, truth + error, correlation);
                for (held, share) in held.iter_mut().zip(SHARES) {
                    *held += usize::from((rank - 0.5).abs() < 0.5 * share);
                }
            }
            let [half, most] = held.map(|held| 100.0 * held as f64 / COUNT as f64);
            let truth = if is_drawn { "drawn" } else { "on the bound" };
            println!("| {truth} | {correlation} | {half:.1} % | {most:.1} % |");
        }
    }
}
