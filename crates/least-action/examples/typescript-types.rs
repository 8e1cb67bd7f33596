//! Prints TypeScript declarations of what crosses between Rust and TypeScript: the build writes
//! them to sdk/generated/types.ts.
//!
//! cargo run --example typescript-types --features typescript

use std::collections::BTreeMap;

use least_action::action::{GradientCheck, GradientVerdict, Precision, Prior, Variable};
use least_action::anneal::{
    ActiveBound, Drop, Estimate, Finding, FindingCode, Ladder, Level, NetworkAnnealOptions,
    NetworkStartingStrategy, NetworkStarts, ObservedStart, Range, Rung, StartingPaths,
    StartingStrategy, Stopped, Verdict,
};
use least_action::mechanics::{
    Boundary, BoundaryMethod, BoundaryOptions, BoundaryProgress, BoundaryStatus, ClassicalSystem,
    Continuation, ContinuationRung, ContinuousActionOptions, ContinuousNetworkOptions, DataForm,
    HamiltonianDefinition, Impulse, IntegrationMethod, IntegrationOptions, LagrangianDefinition,
    LayerStep, LyapunovExponents, LyapunovOptions, Stationary, VariationalMethod,
    VariationalOptions, WeightForm,
};
use least_action::model::{
    EquationDefinition, Initial, Model, ModelDefinition, ModelKind, NamedExpression, Parameter,
    ParameterDefinition, StateDefinition,
};
use least_action::models::ModelSpec;
use least_action::network::{
    Activation, Bias, Layer, LayerError, LayerValues, NetworkOptions, Pairs, PredictionError,
    TrainOptions, TrainedInputs,
};
use least_action::solve::{Hessian, Lbfgs, MinimizerOptions, StopReason, Structured};
use least_action::statistics::{
    BoundsMethod, ChainAnnealing, ChainPhase, ChainState, Divergence, FailedMember, Flatness,
    Identifiability, Integrator, LaplaceFinding, LaplaceFindingCode, Metric, Moments,
    ParameterDirection, SamplingFinding, SamplingFindingCode, SamplingMethod, SamplingOptions,
    SamplingVerdict, StepSize, SummaryRow, Transition, UncertaintyOptions,
};
use least_action::twin::{ConditionalLyapunov, ConditionalLyapunovOptions, Coupling, NetworkTwin};
use least_action::{
    ActionOptions, ActionValue, AnnealOptions, Discretization, Error, Normalization, TwinExperiment,
};
use ts_rs::{Config, TS};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = Config::default().with_large_int("number");
    println!("// Generated from the Rust types. Do not edit.");
    let declarations = [
        declaration::<ActionOptions>(&config)?,
        declaration::<Activation>(&config)?,
        declaration::<ActiveBound>(&config)?,
        declaration::<ActionValue>(&config)?,
        declaration::<AnnealOptions>(&config)?,
        declaration::<Bias>(&config)?,
        declaration::<Boundary>(&config)?,
        declaration::<BoundaryMethod>(&config)?,
        declaration::<BoundaryOptions>(&config)?,
        declaration::<BoundaryProgress>(&config)?,
        declaration::<BoundaryStatus>(&config)?,
        declaration::<BoundsMethod>(&config)?,
        declaration::<ChainAnnealing>(&config)?,
        declaration::<ChainPhase>(&config)?,
        declaration::<ChainState>(&config)?,
        declaration::<ClassicalSystem>(&config)?,
        declaration::<ConditionalLyapunov>(&config)?,
        declaration::<ConditionalLyapunovOptions>(&config)?,
        declaration::<Continuation>(&config)?,
        declaration::<ContinuationRung>(&config)?,
        declaration::<ContinuousActionOptions>(&config)?,
        declaration::<ContinuousNetworkOptions>(&config)?,
        declaration::<DataForm>(&config)?,
        declaration::<Coupling>(&config)?,
        declaration::<Discretization>(&config)?,
        declaration::<Divergence>(&config)?,
        declaration::<Drop>(&config)?,
        declaration::<Error>(&config)?,
        declaration::<Estimate>(&config)?,
        declaration::<FailedMember>(&config)?,
        declaration::<Flatness>(&config)?,
        alias::<SamplingFinding>("SamplingFinding", &config),
        declaration::<SamplingFindingCode>(&config)?,
        declaration::<SamplingVerdict>(&config)?,
        declaration::<SummaryRow>(&config)?,
        alias::<Finding>("Finding", &config),
        declaration::<FindingCode>(&config)?,
        declaration::<GradientCheck>(&config)?,
        declaration::<GradientVerdict>(&config)?,
        declaration::<HamiltonianDefinition>(&config)?,
        declaration::<Hessian>(&config)?,
        declaration::<Identifiability>(&config)?,
        alias::<LaplaceFinding>("LaplaceFinding", &config),
        declaration::<LaplaceFindingCode>(&config)?,
        declaration::<ParameterDirection>(&config)?,
        declaration::<Impulse>(&config)?,
        declaration::<Integrator>(&config)?,
        declaration::<IntegrationMethod>(&config)?,
        declaration::<IntegrationOptions>(&config)?,
        declaration::<Ladder>(&config)?,
        declaration::<LagrangianDefinition>(&config)?,
        declaration::<Layer>(&config)?,
        declaration::<LayerError>(&config)?,
        declaration::<LayerStep>(&config)?,
        declaration::<LayerValues>(&config)?,
        declaration::<Lbfgs>(&config)?,
        declaration::<Level>(&config)?,
        declaration::<LyapunovExponents>(&config)?,
        declaration::<LyapunovOptions>(&config)?,
        minimizers(),
        declaration::<ModelDefinition>(&config)?,
        declaration::<Metric>(&config)?,
        declaration::<ModelKind>(&config)?,
        declaration::<StateDefinition>(&config)?,
        declaration::<ParameterDefinition>(&config)?,
        declaration::<Moments>(&config)?,
        declaration::<NamedExpression>(&config)?,
        declaration::<EquationDefinition>(&config)?,
        declaration::<Initial>(&config)?,
        declaration::<ModelSpec>(&config)?,
        declaration::<NetworkAnnealOptions>(&config)?,
        declaration::<NetworkOptions>(&config)?,
        declaration::<NetworkStartingStrategy>(&config)?,
        declaration::<NetworkStarts>(&config)?,
        declaration::<NetworkTwin>(&config)?,
        declaration::<Normalization>(&config)?,
        declaration::<ObservedStart>(&config)?,
        declaration::<Pairs>(&config)?,
        declaration::<Parameter>(&config)?,
        declaration::<Precision>(&config)?,
        declaration::<PredictionError>(&config)?,
        declaration::<Prior>(&config)?,
        declaration::<Range>(&config)?,
        declaration::<Rung>(&config)?,
        declaration::<SamplingMethod>(&config)?,
        declaration::<SamplingOptions>(&config)?,
        declaration::<Severity>(&config)?,
        declaration::<StartingStrategy>(&config)?,
        declaration::<StartingPaths>(&config)?,
        declaration::<StepSize>(&config)?,
        declaration::<StopReason>(&config)?,
        declaration::<Stationary>(&config)?,
        declaration::<Stopped>(&config)?,
        declaration::<Structured>(&config)?,
        declaration::<TrainOptions>(&config)?,
        declaration::<TrainedInputs>(&config)?,
        declaration::<Transition>(&config)?,
        declaration::<TwinExperiment>(&config)?,
        declaration::<UncertaintyOptions>(&config)?,
        declaration::<Variable>(&config)?,
        declaration::<VariationalMethod>(&config)?,
        declaration::<VariationalOptions>(&config)?,
        declaration::<Verdict>(&config)?,
        declaration::<WeightForm>(&config)?,
        model_parameters()?,
    ];
    for declaration in declarations {
        println!("\n{declaration}");
    }
    Ok(())
}

/// One exported type with its documentation. All of them go into one file, so the imports are left
/// out.
fn declaration<T: TS + 'static>(config: &Config) -> Result<String, ts_rs::ExportError> {
    let file = T::export_to_string(config)?;
    let lines = file.lines();
    let body = lines.skip_while(|line| !line.starts_with("/**") && !line.starts_with("export "));
    Ok(body.collect::<Vec<_>>().join("\n"))
}

/// A generic type with its arguments, under the name of a Rust alias.
fn alias<T: TS>(name: &str, config: &Config) -> String {
    format!(
        "{}export type {name} = {};",
        T::docs().unwrap_or_default(),
        T::inline(config)
    )
}

/// The minimisers: a name, or an object with the name as `method` beside the options of that one.
fn minimizers() -> String {
    let default = MinimizerOptions::default().name();
    let forms = MinimizerOptions::catalogue().map(|options| {
        let name = options.name();
        // `lbfgs` has the options `Lbfgs`.
        let options = name[..1].to_uppercase() + &name[1..];
        let optional = if name == default { "?" } else { "" };
        format!("  | \"{name}\"\n  | ({{ method{optional}: \"{name}\" }} & {options})")
    });
    format!(
        "/** A minimiser by name, with its default options, or with `method` beside its own. Default: `{default}`. */\nexport type MinimizerOptions =\n{};",
        forms.join("\n")
    )
}

/// The names of every system's parameters, so that TypeScript knows them without a second list.
fn model_parameters() -> least_action::Result<String> {
    let mut systems = BTreeMap::new();
    for spec in ModelSpec::catalogue() {
        let model = spec.build()?;
        let names = model.parameters().iter().map(|p| format!("{:?}", p.name));
        let names: Vec<_> = names.collect();
        systems.insert(model.name().to_string(), names.join(" | "));
    }
    let lines = systems
        .iter()
        .map(|(system, names)| format!("  {system}: {names};\n"));
    let lines: String = lines.collect();
    Ok(format!(
        "/** Names of the parameters of every system. */\nexport type ModelParameters = {{\n{lines}}};"
    ))
}
