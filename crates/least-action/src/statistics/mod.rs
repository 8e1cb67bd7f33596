//! Uncertainty of the path of least action: expected values
//! `<G> = integral of G exp(-A) / integral of exp(-A)` over all paths and parameters, from the
//! quadratic approximation about a minimum to Monte Carlo.

mod deterministic;
mod diagnostics;
mod forecast;
mod laplace;
mod normal;
mod posterior;
mod profile;
mod sampling;
mod sampling_report;
mod scores;
mod summary;
mod truncation;
mod uncertainty;

pub use deterministic::{StrongLaplace, StrongMinimum, StrongPosterior};
pub use diagnostics::{
    energy_fraction, ess_bulk, ess_mean, ess_quantile, ess_sd, ess_tail, mcse_mean, mcse_quantile,
    mcse_sd, quantiles, r_hat,
};
pub use forecast::{
    predict_ensemble, predict_measurements, EnsembleForecast, FailedMember, Member, ModelNoise,
};
pub use laplace::{
    Expected, GaussianDraws, Identifiability, Laplace, LaplaceFinding, LaplaceFindingCode,
    LaplaceOptions, ParameterDirection,
};
pub use posterior::Posterior;
pub use profile::{Profile, ProfileOptions, ProfileProgress, ProfileSearch, Refit, Refitted};
pub use sampling::{
    Advance, BoundsMethod, Chain, ChainAnnealing, ChainPhase, ChainState, Density, Divergence,
    Integrator, Metric, Moments, SamplingMethod, SamplingOptions, StepSize, Transition,
};
pub use sampling_report::{
    diagnose, ChainStatistics, Sampled, SamplingDiagnosis, SamplingFinding, SamplingFindingCode,
    SamplingVerdict,
};
pub use scores::{mixed_weights, Coverage, Flatness, Members, RankHistogram};
pub use summary::{summarize, Quantity, Summary, SummaryRow};
pub use uncertainty::{
    default_model_precision, level_weights, LevelGaussian, LevelUncertainty, Uncertainty,
    UncertaintyDraws, UncertaintyOptions,
};
