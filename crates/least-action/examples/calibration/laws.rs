//! Laws of noise: how they are told to the library, and how their data are drawn.

use least_action::action::{ChannelNoise, EstimatedScale, NoiseFamily, NoisePart, Prior};

use crate::random::Random;

pub struct Law {
    pub name: &'static str,
    /// Noise as the library is told, with a scale to be filled in.
    told: fn(NoisePart) -> ChannelNoise,
    /// Datum for a prediction and a scale.
    pub draw: fn(&mut Random, prediction: f64, scale: f64) -> f64,
    /// Scale where it is known, and the centre of its prior where it is estimated; `None` for laws
    /// without a scale.
    scale: Option<f64>,
}

/// Deviation of the logarithm of an estimated scale in its prior.
const SPREAD: f64 = 0.4;
/// Degrees of freedom of Student's law, threshold of Huber's, trials of the binomial one.
const DEGREES: f64 = 4.0;
const THRESHOLD: f64 = 1.345;
const TRIALS: usize = 60;
/// Limit of detection, and distance of rounded values.
const LIMIT: f64 = 8.0;
const STEP: f64 = 3.0;
/// Tip of the Laplace law, as the library rounds it so that there are derivatives.
const TIP: f64 = 0.05;
/// Deviation of affine noise beside its share of the prediction.
const KNOWN: f64 = 0.5;

impl Law {
    pub fn has_scale(&self) -> bool {
        self.scale.is_some()
    }

    pub fn noise(&self, is_estimated: bool) -> ChannelNoise {
        let scale = self.scale.unwrap_or(1.0);
        (self.told)(match is_estimated {
            false => scale.into(),
            true => EstimatedScale {
                prior: Some(Prior {
                    mean: libm::log(scale),
                    deviation: SPREAD,
                }),
                bounds: Some([1e-6, 1e6]),
                ..EstimatedScale::default()
            }
            .into(),
        })
    }

    /// Logarithm of the scale in the middle of its prior.
    pub fn middle(&self) -> f64 {
        libm::log(self.scale.unwrap_or(1.0))
    }

    /// True scale: drawn from its prior if it is estimated.
    pub fn true_scale(&self, random: &mut Random, is_estimated: bool) -> f64 {
        let scale = self.scale.unwrap_or(1.0);
        match is_estimated {
            true => scale * libm::exp(SPREAD * random.normal()),
            false => scale,
        }
    }
}

fn of_family(family: NoiseFamily, deviation: NoisePart) -> ChannelNoise {
    ChannelNoise {
        family,
        deviation: Some(deviation),
        ..ChannelNoise::default()
    }
}

fn normal(random: &mut Random, prediction: f64, scale: f64) -> f64 {
    prediction + scale * random.normal()
}

pub fn all() -> Vec<Law> {
    vec![
        Law {
            name: "normal",
            told: |scale| of_family(NoiseFamily::Normal, scale),
            draw: normal,
            scale: Some(2.0),
        },
        Law {
            name: "Student-t",
            told: |scale| ChannelNoise {
                degrees: Some(DEGREES),
                ..of_family(NoiseFamily::StudentT, scale)
            },
            draw: |random, prediction, scale| {
                let square = 2.0 * random.gamma(0.5 * DEGREES) / DEGREES;
                prediction + scale * random.normal() / square.sqrt()
            },
            scale: Some(1.5),
        },
        Law {
            name: "Laplace",
            told: |scale| of_family(NoiseFamily::Laplace, scale),
            draw: |random, prediction, scale| {
                let rounded = |z: f64| TIP - (z * z + TIP * TIP).sqrt();
                prediction + scale * random.of_density(rounded)
            },
            scale: Some(1.5),
        },
        Law {
            name: "Huber",
            told: |scale| ChannelNoise {
                threshold: Some(THRESHOLD),
                ..of_family(NoiseFamily::Huber, scale)
            },
            draw: |random, prediction, scale| {
                let log_density = |z: f64| match z.abs() <= THRESHOLD {
                    true => -0.5 * z * z,
                    false => 0.5 * THRESHOLD * THRESHOLD - THRESHOLD * z.abs(),
                };
                prediction + scale * random.of_density(log_density)
            },
            scale: Some(1.5),
        },
        Law {
            name: "log-normal",
            told: |scale| of_family(NoiseFamily::LogNormal, scale),
            draw: |random, prediction, scale| prediction * libm::exp(scale * random.normal()),
            scale: Some(0.3),
        },
        Law {
            name: "Poisson",
            told: |_| ChannelNoise {
                family: NoiseFamily::Poisson,
                ..ChannelNoise::default()
            },
            draw: |random, prediction, _| random.poisson(prediction),
            scale: None,
        },
        Law {
            name: "negative binomial",
            told: |scale| ChannelNoise {
                family: NoiseFamily::NegativeBinomial,
                dispersion: Some(scale),
                ..ChannelNoise::default()
            },
            // A Poisson number whose mean is a gamma variable.
            draw: |random, prediction, scale| {
                let mean = prediction * scale * random.gamma(1.0 / scale);
                random.poisson(mean)
            },
            scale: Some(0.2),
        },
        Law {
            name: "binomial",
            told: |_| ChannelNoise {
                family: NoiseFamily::Binomial,
                trials: Some(TRIALS as f64),
                ..ChannelNoise::default()
            },
            draw: |random, prediction, _| random.binomial(TRIALS, prediction / TRIALS as f64),
            scale: None,
        },
        Law {
            name: "censored below",
            told: |scale| ChannelNoise {
                below: Some(LIMIT),
                ..of_family(NoiseFamily::Normal, scale)
            },
            draw: |random, prediction, scale| normal(random, prediction, scale).max(LIMIT),
            scale: Some(2.0),
        },
        Law {
            name: "rounded",
            told: |scale| ChannelNoise {
                rounded: Some(STEP),
                ..of_family(NoiseFamily::Normal, scale)
            },
            draw: |random, prediction, scale| {
                STEP * (normal(random, prediction, scale) / STEP).round()
            },
            scale: Some(1.5),
        },
        Law {
            name: "affine",
            told: |scale| ChannelNoise {
                deviation: Some(KNOWN.into()),
                proportional: Some(scale),
                ..ChannelNoise::default()
            },
            draw: |random, prediction, scale| {
                let deviation = libm::hypot(KNOWN, scale * prediction);
                normal(random, prediction, deviation)
            },
            scale: Some(0.15),
        },
    ]
}
