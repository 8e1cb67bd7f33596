//! Simulation-based calibration of the posterior's draws (S. Talts et al., arXiv 1804.06788, 2018).
//! Parameters and a first state are drawn from their priors, a path from the model with errors,
//! data from the path with noise. Among draws from the posterior of these data the truth is then
//! one like the others, and all ranks are as likely: whatever is wrong with density, gradient,
//! bounds or sampler bends their histogram. Paths are stepped by equations that are written here
//! once more, so that nothing of the truth comes from the library but the kind of its random
//! numbers.

use std::sync::Arc;

use least_action::action::{Precision, Prior};
use least_action::model::{Model, ModelBuilder};
use least_action::models;
use least_action::statistics::{BoundsMethod, Chain, Members, Posterior, RankHistogram};
use least_action::statistics::{SamplingMethod, SamplingOptions};
use least_action::{ActionOptions, Discretization, Normalization, Observations, Problem};
use rand_chacha::rand_core::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Number of truths, each with data and a posterior of its own.
const TRUTHS: usize = 200;
/// Number of draws that a truth is ranked among, and of transitions between them.
const MEMBERS: usize = 19;
const THINNING: usize = 5;
/// Number of bins of ranks: two ranks each, 20 truths.
const BINS: usize = 10;

/// Probability that a right posterior fails at a seed, for all tests of all quantities together.
const SIGNIFICANCE: f64 = 0.01;

/// A model with its errors and priors. One belief makes the truth, the same or a wrong one the
/// posterior.
#[derive(Clone)]
struct Belief {
    /// Name and prior of each parameter; true if the prior is cut off below zero.
    parameters: Vec<(&'static str, Prior, bool)>,
    first_state: Vec<(&'static str, Prior)>,
    /// Variances of the noise in each observed component.
    noise: Vec<f64>,
    /// Variances of the model error in each state.
    errors: Vec<f64>,
}

struct System {
    model: Arc<dyn Model>,
    /// Right side of the equations, as a function of the states and the estimated parameters.
    rates: fn(&[f64], &[f64]) -> Vec<f64>,
    discretization: Discretization,
    normalization: Normalization,
    time_step: f64,
    points: usize,
    observed: Vec<usize>,
    /// True if a component is measured at a point.
    measured: fn(point: usize, component: usize) -> bool,
    truth: Belief,
    /// States to rank, by name, point and component. Parameters, misfit and density are ranked in
    /// any case.
    ranked: Vec<(&'static str, usize, usize)>,
}

struct Random(ChaCha8Rng);

impl Random {
    fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        // libm's, so that truths have the same bits on every machine.
        let radius = (-2.0 * libm::log(1.0 - self.unit())).sqrt();
        radius * libm::cos(std::f64::consts::TAU * self.unit())
    }

    fn prior(&mut self, prior: Prior) -> f64 {
        prior.mean + prior.deviation * self.normal()
    }
}

impl System {
    /// State a classical step of Runge and Kutta later.
    fn runge_kutta(&self, x: &[f64], p: &[f64]) -> Vec<f64> {
        let h = self.time_step;
        let along = |k: &[f64], share: f64| -> Vec<f64> {
            x.iter().zip(k).map(|(x, k)| x + share * h * k).collect()
        };
        let k1 = (self.rates)(x, p);
        let k2 = (self.rates)(&along(&k1, 0.5), p);
        let k3 = (self.rates)(&along(&k2, 0.5), p);
        let k4 = (self.rates)(&along(&k3, 1.0), p);
        let slope = |i: usize| (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]) / 6.0;
        (0..x.len()).map(|i| x[i] + h * slope(i)).collect()
    }

    /// States that a step from `x` leads to, one or two, with these errors of its residuals.
    fn step(&self, x: &[f64], p: &[f64], errors: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let (h, f) = (self.time_step, |x: &[f64]| (self.rates)(x, p));
        let sum = |terms: &[(f64, &[f64])]| -> Vec<f64> {
            let of = |i: usize| terms.iter().map(|(c, v)| c * v[i]).sum();
            (0..x.len()).map(of).collect()
        };
        let first = self.runge_kutta(x, p);
        let from = f(x);
        let mut states = match self.discretization {
            Discretization::Rk4 => return vec![sum(&[(1.0, &first), (1.0, &errors[0])])],
            Discretization::SimpsonHermite => vec![first.clone(), self.runge_kutta(&first, p)],
            _ => vec![first],
        };
        // Fixed points: steps are short beside the rates.
        for _ in 0..200 {
            let last = states.len() - 1;
            let slopes: Vec<Vec<f64>> = states.iter().map(|x| f(x)).collect();
            states = match self.discretization {
                Discretization::Trapezoid => vec![sum(&[
                    (1.0, x),
                    (h / 2.0, &from),
                    (h / 2.0, &slopes[0]),
                    (1.0, &errors[0]),
                ])],
                Discretization::Midpoint => {
                    let middle = f(&sum(&[(0.5, x), (0.5, &states[0])]));
                    vec![sum(&[(1.0, x), (h, &middle), (1.0, &errors[0])])]
                }
                _ => {
                    let end = sum(&[
                        (1.0, x),
                        (h / 3.0, &from),
                        (4.0 * h / 3.0, &slopes[0]),
                        (h / 3.0, &slopes[last]),
                        (1.0, &errors[0]),
                    ]);
                    let middle = sum(&[
                        (0.5, x),
                        (0.5, &end),
                        (h / 4.0, &from),
                        (-h / 4.0, &slopes[last]),
                        (1.0, &errors[1]),
                    ]);
                    vec![middle, end]
                }
            };
        }
        states
    }

    /// Number of steps that one residual holds together.
    fn together(&self) -> usize {
        match self.discretization {
            Discretization::SimpsonHermite => 2,
            _ => 1,
        }
    }

    /// A path and parameters drawn from the belief, in the order of the posterior's unknowns.
    fn draw_truth(&self, random: &mut Random) -> Vec<f64> {
        let mut parameters = Vec::new();
        for &(_, prior, positive) in &self.truth.parameters {
            parameters.push(loop {
                let value = random.prior(prior);
                if value >= 0.0 || !positive {
                    break value;
                }
            });
        }
        let first = self.truth.first_state.iter();
        let mut x: Vec<f64> = first.map(|(_, prior)| random.prior(*prior)).collect();
        let mut unknowns = x.clone();
        for _ in 0..(self.points - 1) / self.together() {
            let mut error = |variance: &f64| variance.sqrt() * random.normal();
            let errors: Vec<Vec<f64>> = (0..self.together())
                .map(|_| self.truth.errors.iter().map(&mut error).collect())
                .collect();
            for state in self.step(&x, &parameters, &errors) {
                unknowns.extend_from_slice(&state);
                x = state;
            }
        }
        unknowns.extend(parameters);
        unknowns
    }

    fn draw_data(&self, unknowns: &[f64], random: &mut Random) -> Observations {
        let mut values = Vec::new();
        for x in unknowns.chunks_exact(self.dimension()).take(self.points) {
            let point = values.len() / self.observed.len();
            for (&component, variance) in self.observed.iter().zip(&self.truth.noise) {
                let value = x[component] + variance.sqrt() * random.normal();
                let measured = (self.measured)(point, component);
                values.push(if measured { value } else { f64::NAN });
            }
        }
        Observations {
            time_step: self.time_step,
            points: self.points,
            observed: self.observed.clone(),
            values,
            ..Observations::default()
        }
    }

    fn dimension(&self) -> usize {
        self.truth.first_state.len()
    }

    fn posterior(&self, data: &Observations, belief: &Belief) -> Posterior {
        let precisions = |variances: &[f64]| variances.iter().map(|v| 1.0 / v).collect();
        let named = belief.parameters.iter();
        let options = ActionOptions {
            discretization: Some(self.discretization),
            normalization: self.normalization,
            measurement_precision: Precision::PerComponent(precisions(&belief.noise)),
            model_weights: Precision::PerComponent(precisions(&belief.errors)),
            estimate: named.clone().map(|(name, ..)| name.to_string()).collect(),
            priors: named
                .clone()
                .map(|(name, prior, _)| (name.to_string(), (*prior).into()))
                .collect(),
            bounds: named
                .filter(|(_, _, positive)| *positive)
                .map(|(name, ..)| (name.to_string(), [0.0, f64::INFINITY]))
                .collect(),
            first_state: belief
                .first_state
                .iter()
                .map(|(name, prior)| (name.to_string(), *prior))
                .collect(),
            ..ActionOptions::default()
        };
        let measured = data.values.iter().filter(|y| !y.is_nan()).count();
        // Means over squares of both kinds, of which the posterior is half as many as there are
        // measurements.
        let model_precision = match self.normalization {
            Normalization::Posterior => 1.0,
            Normalization::Mean => ((self.points - 1) * self.dimension()) as f64 / measured as f64,
        };
        let problem = Problem::new(self.model.clone(), data.clone(), &options).unwrap();
        Posterior::new(&problem, model_precision).unwrap()
    }

    /// A minimum of the action, found from the means of the priors: a chain that began at the truth
    /// would be calibrated however badly it moves.
    fn mode(&self, posterior: &mut Posterior, belief: &Belief) -> Vec<f64> {
        let parameters: Vec<f64> = belief.parameters.iter().map(|p| p.1.mean).collect();
        let mut x: Vec<f64> = belief.first_state.iter().map(|p| p.1.mean).collect();
        let mut start = x.clone();
        for _ in 1..self.points {
            x = self.runge_kutta(&x, &parameters);
            start.extend_from_slice(&x);
        }
        start.extend(parameters);
        posterior.mode_near(&start).unwrap()
    }

    fn misfit(&self, data: &Observations, unknowns: &[f64]) -> f64 {
        let rows = data.values.chunks_exact(self.observed.len());
        rows.zip(unknowns.chunks_exact(self.dimension()))
            .flat_map(|(y, x)| {
                let errors = self.observed.iter().zip(y);
                errors.map(|(&component, y)| (y - x[component]) * (y - x[component]))
            })
            .filter(|square| !square.is_nan())
            .sum()
    }

    /// Quantities to rank, of a path and parameters. Some are not unknowns but depend on the data:
    /// without them a posterior that ignores its data would pass (M. Modrák et al., arXiv
    /// 2211.02383, 2022).
    fn quantities(
        &self,
        data: &Observations,
        posterior: &mut Posterior,
        unknowns: &[f64],
    ) -> Vec<f64> {
        let states = self.ranked.iter();
        let mut all: Vec<f64> = states
            .map(|&(_, point, component)| unknowns[point * self.dimension() + component])
            .collect();
        all.extend_from_slice(&unknowns[self.points * self.dimension()..]);
        all.push(self.misfit(data, unknowns));
        all.push(posterior.value(unknowns).unwrap());
        all
    }

    fn names(&self) -> Vec<&'static str> {
        let states = self.ranked.iter().map(|(name, ..)| *name);
        let parameters = self.truth.parameters.iter().map(|(name, ..)| *name);
        states
            .chain(parameters)
            .chain(["misfit", "density"])
            .collect()
    }

    /// Ranks truths among the draws of the posterior that `belief` makes of their data.
    fn calibrate(&self, belief: &Belief, options: &SamplingOptions) -> Calibration {
        let mut histograms = vec![RankHistogram::new(BINS).unwrap(); self.names().len()];
        let mut divergences = 0;
        for number in 0..TRUTHS {
            let mut generator = ChaCha8Rng::seed_from_u64(1);
            generator.set_stream(number as u64);
            let mut random = Random(generator);
            let truth = self.draw_truth(&mut random);
            let data = self.draw_data(&truth, &mut random);
            let mut posterior = self.posterior(&data, belief);
            let centre = self.mode(&mut posterior, belief);
            let options = SamplingOptions {
                seed: number as u64,
                chains: 1,
                draws: MEMBERS * THINNING,
                ..options.clone()
            };
            let mut chain = Chain::new(posterior.clone(), &options, 0, &centre, None).unwrap();
            let mut members = vec![Vec::new(); histograms.len()];
            let mut draws = 0;
            while let Some(advance) = chain.advance().unwrap() {
                if !advance.is_draw() {
                    continue;
                }
                divergences += usize::from(advance.transition.divergence.is_some());
                draws += 1;
                if draws % THINNING == 0 {
                    let values = self.quantities(&data, &mut posterior, advance.position);
                    members.iter_mut().zip(values).for_each(|(m, v)| m.push(v));
                }
            }
            let truths = self.quantities(&data, &mut posterior, &truth);
            for ((histogram, members), truth) in histograms.iter_mut().zip(&members).zip(truths) {
                let members = Members::new(members, &[]).unwrap();
                histogram.add(&members, truth).unwrap();
            }
        }
        Calibration {
            quantities: self.names().into_iter().zip(histograms).collect(),
            divergences,
        }
    }
}

struct Calibration {
    quantities: Vec<(&'static str, RankHistogram)>,
    divergences: usize,
}

impl Calibration {
    /// Probability of a histogram as far from flat as the farthest one: three tests of each
    /// quantity, corrected for their number (Bonferroni).
    fn p_value(&self) -> f64 {
        let mut least = 1.0f64;
        for (name, histogram) in &self.quantities {
            let flatness = histogram.flatness().unwrap();
            let tails = [flatness.slope, flatness.curvature]
                .map(|z| libm::erfc(z.abs() / std::f64::consts::SQRT_2));
            println!("{name}: {:?} {flatness:?}", histogram.counts);
            least = least.min(flatness.p_value).min(tails[0]).min(tails[1]);
        }
        println!("divergences: {}", self.divergences);
        (least * 3.0 * self.quantities.len() as f64).min(1.0)
    }

    fn flatness(&self, name: &str) -> least_action::statistics::Flatness {
        let found = self.quantities.iter().find(|(other, _)| *other == name);
        found.unwrap().1.flatness().unwrap()
    }
}

fn options() -> SamplingOptions {
    SamplingOptions {
        warmup: 150,
        ..SamplingOptions::default()
    }
}

fn prior(mean: f64, deviation: f64) -> Prior {
    Prior { mean, deviation }
}

/// Lorenz63 along the second half turn of a loop, with only x measured.
fn lorenz63() -> System {
    System {
        model: Arc::new(models::lorenz63().unwrap()),
        rates: |x, p| {
            vec![
                10.0 * (x[1] - x[0]),
                x[0] * (p[0] - x[2]) - x[1],
                x[0] * x[1] - 8.0 / 3.0 * x[2],
            ]
        },
        discretization: Discretization::Rk4,
        normalization: Normalization::Posterior,
        time_step: 0.05,
        points: 9,
        observed: vec![0],
        measured: |_, _| true,
        truth: Belief {
            parameters: vec![("rho", prior(28.0, 3.0), false)],
            first_state: vec![
                ("x", prior(-5.0, 3.0)),
                ("y", prior(-6.0, 3.0)),
                ("z", prior(22.0, 4.0)),
            ],
            noise: vec![1.0],
            errors: vec![0.1, 0.2, 0.4],
        },
        ranked: vec![
            ("first x", 0, 0),
            ("first z", 0, 2),
            ("middle y", 4, 1),
            ("last x", 8, 0),
            ("last z", 8, 2),
        ],
    }
}

/// Lotka-Volterra in the logarithms of both species, one measured less often than the other.
/// Parameters are not negative, and the priors of two of them reach zero.
fn log_lotka_volterra() -> System {
    System {
        model: Arc::new(models::log_lotka_volterra().unwrap()),
        rates: |x, p| vec![p[0] - p[1] * libm::exp(x[1]), p[3] * libm::exp(x[0]) - p[2]],
        discretization: Discretization::Rk4,
        normalization: Normalization::Mean,
        time_step: 0.5,
        points: 9,
        observed: vec![0, 1],
        measured: |point, component| point % (2 + 2 * component) == 0,
        truth: Belief {
            parameters: vec![
                ("alpha", prior(0.6, 0.2), true),
                ("beta", prior(0.02, 0.02), true),
                ("gamma", prior(0.8, 0.2), true),
                ("delta", prior(0.02, 0.02), true),
            ],
            first_state: vec![
                ("logPrey", prior(3.0, 0.5)),
                ("logPredator", prior(2.0, 0.5)),
            ],
            noise: vec![0.06, 0.1],
            errors: vec![0.01, 0.02],
        },
        ranked: vec![
            ("first prey", 0, 0),
            ("first predator", 0, 1),
            ("middle predator", 3, 1),
            ("last prey", 8, 0),
            ("last predator", 8, 1),
        ],
    }
}

#[test]
fn truths_of_lorenz63_rank_among_draws_as_any_of_them() {
    let system = lorenz63();
    for method in [SamplingMethod::Nuts, SamplingMethod::Hmc] {
        let options = SamplingOptions {
            method,
            ..options()
        };
        let calibration = system.calibrate(&system.truth, &options);
        assert!(calibration.p_value() > SIGNIFICANCE, "{method:?}");
    }
}

#[test]
fn truths_of_lotka_volterra_rank_among_draws_as_any_of_them() {
    let system = log_lotka_volterra();
    for bounds in [BoundsMethod::Transform, BoundsMethod::Reflect] {
        let options = SamplingOptions {
            bounds,
            ..options()
        };
        let calibration = system.calibrate(&system.truth, &options);
        assert!(calibration.p_value() > SIGNIFICANCE, "{bounds:?}");
    }
}

/// Decay that is driven to and fro and saturates, in implicit steps with errors of their own: the
/// determinant of a step tells of both parameters.
fn saturating(discretization: Discretization) -> System {
    System {
        model: Arc::new(
            ModelBuilder::new("saturating")
                .states(["x", "y"])
                .parameter("k", 1.0, "")
                .parameter("s", 1.0, "")
                .flow(|x, p| {
                    let uptake = x[0] * p[0] / (x[0] * x[0] * p[1] + 1.0);
                    vec![x[1] - uptake, -(x[0] + x[1] * p[0])]
                })
                .unwrap(),
        ),
        rates: |x, p| {
            let uptake = p[0] * x[0] / (1.0 + p[1] * x[0] * x[0]);
            vec![x[1] - uptake, -(x[0] + p[0] * x[1])]
        },
        discretization,
        normalization: Normalization::Posterior,
        time_step: 0.3,
        points: 17,
        observed: vec![0],
        measured: |_, _| true,
        truth: Belief {
            parameters: vec![("k", prior(1.0, 0.4), true), ("s", prior(0.5, 0.3), true)],
            first_state: vec![("x", prior(1.0, 1.0)), ("y", prior(0.0, 1.0))],
            noise: vec![0.04],
            errors: vec![0.02, 0.05],
        },
        ranked: vec![("first y", 0, 1), ("middle x", 7, 0), ("last y", 16, 1)],
    }
}

#[test]
fn truths_of_implicit_steps_rank_among_draws_as_any_of_them() {
    for discretization in [Discretization::Trapezoid, Discretization::SimpsonHermite] {
        let system = saturating(discretization);
        let calibration = system.calibrate(&system.truth, &options());
        assert!(
            calibration.p_value() > SIGNIFICANCE,
            "{}",
            discretization.name()
        );
    }
}

#[test]
fn noise_that_is_taken_for_smaller_than_it_is_makes_draws_too_narrow() {
    let system = lorenz63();
    let mut wrong = system.truth.clone();
    wrong.noise[0] /= 4.0;
    let calibration = system.calibrate(&wrong, &options());
    assert!(calibration.p_value() < 1e-6);
    assert!(calibration.flatness("first x").curvature > 3.0);
}

#[test]
fn a_prior_that_is_off_to_one_side_takes_draws_with_it() {
    let system = log_lotka_volterra();
    let mut wrong = system.truth.clone();
    wrong.parameters[0].1.mean += 0.2;
    let calibration = system.calibrate(&wrong, &options());
    assert!(calibration.p_value() < 1e-6);
    assert!(calibration.flatness("alpha").slope < -3.0);
}

/// A posterior that ignores the data leaves every unknown as in its prior, and so calibrated: only
/// quantities that depend on the data can tell.
#[test]
fn data_that_are_ignored_show_in_the_misfit() {
    let system = lorenz63();
    let mut wrong = system.truth.clone();
    wrong.noise[0] = 1e12;
    let calibration = system.calibrate(&wrong, &options());
    assert!(calibration.flatness("rho").p_value > SIGNIFICANCE);
    assert!(calibration.flatness("misfit").slope < -5.0);
}
