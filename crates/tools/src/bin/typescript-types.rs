//! Program that prints TypeScript declarations of the types that cross between Rust and TypeScript.
//! The build writes them to sdk/generated/types.ts.
//!
//! ```text
//! cargo run -p least-action-tools --bin typescript-types --features typescript
//! ```

use std::collections::BTreeMap;

use least_action::model::Model;
use least_action::models::{self, ModelSpec};
use least_action::solve::{self, MinimizerOptions};
use least_action::{action, anneal, mechanics, model, network, statistics, twin};
use ts_rs::{Config, ExportError, TypeVisitor, TS};

/// Declarations that the SDK has forms of its own for, or needs within itself. The others are part
/// of its public face.
const WITHIN_THE_SDK: [&str; 31] = [
    "ActionOptions",
    "AnnealOptions",
    "BoundaryOptions",
    "ChainState",
    "ConditionalLyapunovOptions",
    "ContinuousActionOptions",
    "ContinuousNetworkOptions",
    "Divergence",
    "ErrorFacts",
    "HamiltonianDefinition",
    "Impulse",
    "LagrangianDefinition",
    "Layer",
    "LayerValues",
    "LyapunovExponents",
    "LyapunovOptions",
    "ModelDefinition",
    "Moments",
    "NetworkAnnealOptions",
    "NetworkTwin",
    "Pairs",
    "ParameterDefinition",
    "ProfileOptions",
    "SamplingOptions",
    "StateDefinition",
    "StepSize",
    "TrainOptions",
    "Transition",
    "TwinExperiment",
    "UncertaintyOptions",
    "VariationalOptions",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("// Generated from the Rust types. Do not edit.");
    // What crosses by itself. Types that these mention come along.
    let mut declarations = Declarations::new();
    declarations.add::<action::FirstValue>();
    declarations.add::<action::GradientCheck>();
    declarations.add::<anneal::ChiSquare>();
    declarations.add::<anneal::Drop>();
    declarations.add_alias::<anneal::Finding>("Finding");
    declarations.add::<anneal::Level>();
    declarations.add::<anneal::NetworkAnnealOptions>();
    declarations.add::<anneal::Range>();
    declarations.add::<anneal::Rung>();
    declarations.add::<anneal::StepCheck>();
    declarations.add::<anneal::NoiseEstimate>();
    declarations.add::<anneal::HierarchyEstimate>();
    declarations.add::<anneal::ModelNoiseEstimate>();
    declarations.add::<anneal::Stopped>();
    declarations.add::<anneal::Verdict>();
    declarations.add::<least_action::ActionOptions>();
    declarations.add::<least_action::ActionValue>();
    declarations.add::<least_action::AnnealOptions>();
    declarations.add::<least_action::Error>();
    declarations.add::<least_action::TwinExperiment>();
    declarations.add::<mechanics::BoundaryOptions>();
    declarations.add::<mechanics::BoundaryProgress>();
    declarations.add::<mechanics::BoundaryStatus>();
    declarations.add::<mechanics::ClassicalSystem>();
    declarations.add::<mechanics::ContinuationRung>();
    declarations.add::<mechanics::ContinuousActionOptions>();
    declarations.add::<mechanics::ContinuousNetworkOptions>();
    declarations.add::<mechanics::HamiltonianDefinition>();
    declarations.add::<mechanics::Impulse>();
    declarations.add::<mechanics::IntegrationOptions>();
    declarations.add::<mechanics::LagrangianDefinition>();
    declarations.add::<mechanics::LyapunovExponents>();
    declarations.add::<mechanics::LyapunovOptions>();
    declarations.add::<mechanics::Stationary>();
    declarations.add::<mechanics::VariationalOptions>();
    declarations.add::<model::ModelDefinition>();
    declarations.add::<model::ModelKind>();
    declarations.add::<model::Parameter>();
    declarations.add::<models::ModelSpec>();
    declarations.add::<network::Layer>();
    declarations.add::<network::Pairs>();
    declarations.add::<network::PredictionError>();
    declarations.add::<network::TrainOptions>();
    declarations.add::<network::TrainedInputs>();
    declarations.add::<solve::Lbfgs>();
    declarations.add::<solve::Structured>();
    declarations.add::<statistics::ChainPhase>();
    declarations.add::<statistics::ChainState>();
    declarations.add::<statistics::FailedMember>();
    declarations.add::<statistics::Flatness>();
    declarations.add::<statistics::Identifiability>();
    declarations.add_alias::<statistics::LaplaceFinding>("LaplaceFinding");
    declarations.add::<statistics::ProfileOptions>();
    declarations.add_alias::<statistics::SamplingFinding>("SamplingFinding");
    declarations.add::<statistics::SamplingOptions>();
    declarations.add::<statistics::SamplingVerdict>();
    declarations.add::<statistics::SummaryRow>();
    declarations.add::<statistics::Transition>();
    declarations.add::<statistics::UncertaintyOptions>();
    declarations.add::<twin::ConditionalLyapunov>();
    declarations.add::<twin::ConditionalLyapunovOptions>();
    declarations.add::<twin::NetworkTwin>();
    declarations
        .texts
        .insert("MinimizerOptions".into(), minimizers());
    declarations
        .texts
        .insert("ModelParameters".into(), model_parameters()?);
    if let Some(failure) = declarations.failure {
        return Err(failure.into());
    }
    for (name, text) in &declarations.texts {
        println!("\n// {}", visibility(name));
        println!("{}", without_rust(text));
    }
    Ok(())
}

/// Line above a declaration by which the build tells what is exported to users.
fn visibility(name: &str) -> &'static str {
    match WITHIN_THE_SDK.contains(&name) {
        true => "Within the SDK.",
        false => "Public.",
    }
}

/// Declarations of types and of all that these mention, by name.
struct Declarations {
    config: Config,
    texts: BTreeMap<String, String>,
    /// First failure, kept because a visitor cannot return it.
    failure: Option<ExportError>,
}

impl Declarations {
    fn new() -> Self {
        Declarations {
            config: Config::default().with_large_int("number"),
            texts: BTreeMap::new(),
            failure: None,
        }
    }

    fn add<T: TS + 'static + ?Sized>(&mut self) {
        // Numbers, lists and the like have no place where they would be declared.
        if T::output_path().is_some() {
            let name = T::ident(&self.config);
            if self.texts.contains_key(&name) {
                return;
            }
            match declaration::<T>(&self.config) {
                Ok(text) => self.texts.insert(name, text),
                Err(error) => return self.failure = Some(error),
            };
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}

impl Declarations {
    /// Adds a generic type with its arguments, under the name of a Rust alias.
    fn add_alias<T: TS + 'static>(&mut self, name: &str) {
        let (docs, form) = (T::docs().unwrap_or_default(), T::inline(&self.config));
        let text = format!("{docs}export type {name} = {form};");
        self.texts.insert(name.into(), text);
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}

impl TypeVisitor for Declarations {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        self.add::<T>();
    }
}

/// Declaration of one exported type with its documentation. All of them go into one file, so the
/// imports are left out.
fn declaration<T: TS + 'static + ?Sized>(config: &Config) -> Result<String, ExportError> {
    let file = T::export_to_string(config)?;
    let lines = file.lines();
    let body = lines.skip_while(|line| !line.starts_with("/**") && !line.starts_with("export "));
    Ok(body.collect::<Vec<_>>().join("\n"))
}

/// Declaration without the parts of its documentation that only Rust understands: examples, and the
/// brackets of links.
fn without_rust(declaration: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut in_example = false;
    for line in declaration.lines() {
        let comment = line.trim_start();
        if comment.starts_with("* ```") {
            in_example = !in_example;
            // The empty line above an example goes with it.
            if in_example && lines.last().is_some_and(|last| last.trim() == "*") {
                lines.pop();
            }
        } else if !in_example {
            lines.push(match comment.starts_with("* ") {
                true => line.replace("[`", "`").replace("`]", "`"),
                false => line.to_string(),
            });
        }
    }
    lines.join("\n")
}

/// Declaration of the minimisers: a name, or an object with the name as `method` beside the
/// options.
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
        "/** A minimiser by name, with its default options, or with `method` beside its own. \
         Default: `{default}`. */\nexport type MinimizerOptions =\n{};",
        forms.join("\n")
    )
}

/// Declaration of the names of every system's parameters, so that TypeScript knows them without a
/// second list.
fn model_parameters() -> least_action::Result<String> {
    let mut systems = BTreeMap::new();
    for spec in ModelSpec::catalogue() {
        let model = spec.build()?;
        let names = model.parameters().iter().map(|p| format!("{:?}", p.name));
        let names: Vec<_> = names.collect();
        systems.insert(model.name().to_string(), names.join(" | "));
    }
    let lines = systems.iter().map(|(system, names)| {
        format!(
            "  /** Names of the parameters of the system `{system}`. */\n  {system}: {names};\n"
        )
    });
    let lines: String = lines.collect();
    Ok(format!(
        "/** Names of the parameters of every system. */\n\
         export type ModelParameters = {{\n{lines}}};"
    ))
}

#[cfg(test)]
mod tests {
    use super::without_rust;

    #[test]
    fn examples_and_links_of_rust_are_left_out() {
        let text =
            "/**\n * See [`Prior`].\n *\n * ```\n * let a = 1;\n * ```\n */\nexport type A = {};";
        let expected = "/**\n * See `Prior`.\n */\nexport type A = {};";
        assert_eq!(without_rust(text), expected);
    }
}
