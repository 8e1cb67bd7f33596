use super::*;
use crate::random::Random;
use crate::statistics::summarize;

/// Statistics of four chains of independent draws, and what a test changes of them.
struct Made {
    draws: Vec<Vec<f64>>,
    log_density: Vec<Vec<f64>>,
    energies: Vec<Vec<f64>>,
    acceptance: Vec<Vec<f64>>,
    depths: Vec<Vec<u32>>,
    divergences: Vec<usize>,
    divergent: Vec<Vec<f64>>,
}

const DRAWS: usize = 1000;

fn made(chains: usize) -> Made {
    let normal = |stream: u64| {
        let streams = (0..chains as u64).map(move |c| Random::new(17, 10 * c + stream));
        let draws = streams.map(|mut random| (0..DRAWS).map(|_| random.normal()).collect());
        draws.collect::<Vec<Vec<f64>>>()
    };
    Made {
        draws: normal(0),
        log_density: normal(1),
        energies: normal(2),
        acceptance: vec![vec![0.8; DRAWS]; chains],
        depths: vec![vec![3; DRAWS]; chains],
        divergences: vec![0; chains],
        divergent: Vec::new(),
    }
}

impl Made {
    fn diagnosis(&self) -> Result<SamplingDiagnosis> {
        let quantities = [Quantity {
            name: "alpha",
            chains: self.draws.iter().map(Vec::as_slice).collect(),
        }];
        let chains: Vec<_> = (0..self.draws.len())
            .map(|c| ChainStatistics {
                log_density: &self.log_density[c],
                energies: &self.energies[c],
                acceptance: &self.acceptance[c],
                tree_depths: &self.depths[c],
                step_size: 0.25,
                divergences: self.divergences[c],
            })
            .collect();
        let sampled = Sampled {
            quantities: &quantities,
            chains: &chains,
            divergent: &self.divergent,
            max_tree_depth: Some(10),
        };
        diagnose(&sampled, &summarize(&quantities)?)
    }
}

fn codes(diagnosis: &SamplingDiagnosis) -> Vec<SamplingFindingCode> {
    diagnosis.findings.iter().map(|f| f.code).collect()
}

#[test]
fn independent_draws_are_good() -> Result<()> {
    let diagnosis = made(4).diagnosis()?;
    assert_eq!(diagnosis.verdict, SamplingVerdict::Converged);
    assert_eq!(codes(&diagnosis), [SamplingFindingCode::ChainsAgree]);
    assert!(diagnosis.prose().contains("4 chains agree"));
    Ok(())
}

#[test]
fn chains_that_disagree_are_not_used() -> Result<()> {
    let mut made = made(4);
    made.draws[2].iter_mut().for_each(|x| *x += 3.0);
    let diagnosis = made.diagnosis()?;
    assert_eq!(diagnosis.verdict, SamplingVerdict::NotConverged);
    assert_eq!(codes(&diagnosis)[0], SamplingFindingCode::RHatHigh);
    let prose = diagnosis.prose();
    assert!(
        prose.contains("alpha") && prose.contains("do not use"),
        "{prose}"
    );
    Ok(())
}

#[test]
fn correlated_draws_are_too_few() -> Result<()> {
    let mut made = made(4);
    for chain in &mut made.draws {
        let mut x = 0.0;
        for draw in chain {
            x = 0.95 * x + *draw;
            *draw = x;
        }
    }
    let diagnosis = made.diagnosis()?;
    assert!(codes(&diagnosis).contains(&SamplingFindingCode::BulkSizeLow));
    assert_ne!(diagnosis.verdict, SamplingVerdict::Converged);
    assert!(diagnosis
        .prose()
        .contains("draws per chain are needed instead of 1000"));
    Ok(())
}

#[test]
fn everything_that_diverges_is_one_finding() -> Result<()> {
    let mut made = made(2);
    made.divergences = vec![DRAWS, DRAWS - 10];
    let diagnosis = made.diagnosis()?;
    assert_eq!(codes(&diagnosis), [SamplingFindingCode::AllDivergent]);
    assert_eq!(diagnosis.verdict, SamplingVerdict::NotConverged);
    let prose = diagnosis.prose();
    assert!(
        prose.contains("Everything diverges: 1990 of 2000"),
        "{prose}"
    );
    for advice in [
        "step size",
        "target acceptance",
        "smaller R_f",
        "parametrise",
    ] {
        assert!(prose.contains(advice), "{prose}");
    }
    Ok(())
}

#[test]
fn divergences_have_a_place() -> Result<()> {
    let mut made = made(4);
    made.divergences = vec![2, 0, 1, 0];
    made.divergent = vec![vec![-3.1, -2.9, -3.0]];
    let diagnosis = made.diagnosis()?;
    assert_eq!(codes(&diagnosis), [SamplingFindingCode::Divergences]);
    assert_eq!(diagnosis.verdict, SamplingVerdict::Doubtful);
    let prose = diagnosis.prose();
    assert!(
        prose.contains("3 of 4000") && prose.contains("by chain 2, 0, 1, 0"),
        "{prose}"
    );
    assert!(
        prose.contains("alpha is -3.0000 on average there") && prose.contains("below"),
        "{prose}"
    );
    made.divergences[1] = 200;
    assert_eq!(made.diagnosis()?.verdict, SamplingVerdict::NotConverged);
    Ok(())
}

#[test]
fn a_stuck_chain_is_named() -> Result<()> {
    let mut made = made(4);
    made.draws[1].fill(0.5);
    made.log_density[1].fill(-1.0);
    made.acceptance[1].fill(1e-4);
    let diagnosis = made.diagnosis()?;
    assert_eq!(codes(&diagnosis)[0], SamplingFindingCode::StuckChain);
    assert_eq!(diagnosis.verdict, SamplingVerdict::NotConverged);
    assert!(
        diagnosis
            .prose()
            .contains("One chain is stuck: chain 1 (moved at 0 %"),
        "{}",
        diagnosis.prose()
    );
    Ok(())
}

#[test]
fn a_chain_of_another_level_is_named() -> Result<()> {
    let mut made = made(4);
    made.log_density[3].iter_mut().for_each(|x| *x -= 52.0);
    let diagnosis = made.diagnosis()?;
    assert_eq!(codes(&diagnosis), [SamplingFindingCode::LevelsDiffer]);
    let prose = diagnosis.prose();
    assert!(
        prose.contains("lower is chain 3 by 52.") && prose.contains("evidence"),
        "{prose}"
    );
    Ok(())
}

#[test]
fn energies_and_depths_are_looked_at() -> Result<()> {
    let mut made = made(4);
    let mut energy = 0.0;
    for e in &mut made.energies[2] {
        energy = 0.99 * energy + *e;
        *e = energy;
    }
    made.depths[0][..300].fill(10);
    let diagnosis = made.diagnosis()?;
    let expected = [
        SamplingFindingCode::EnergyFractionLow,
        SamplingFindingCode::DepthSaturated,
    ];
    assert_eq!(codes(&diagnosis), expected);
    assert_eq!(diagnosis.verdict, SamplingVerdict::Doubtful);
    let prose = diagnosis.prose();
    assert!(
        prose.contains("in chain 2") && prose.contains("8 % of the trajectories"),
        "{prose}"
    );
    Ok(())
}

#[test]
fn one_chain_and_quantities_that_never_move_are_said() -> Result<()> {
    let mut made = made(1);
    made.draws[0].fill(2.0);
    let diagnosis = made.diagnosis()?;
    let expected = [
        SamplingFindingCode::NeverMoved,
        SamplingFindingCode::SingleChain,
    ];
    assert_eq!(codes(&diagnosis), expected);
    Ok(())
}

#[test]
fn what_is_wrong_with_the_statistics_is_named() {
    let mut made = made(2);
    made.energies[1][7] = f64::NAN;
    assert_eq!(
        made.diagnosis().unwrap_err().path(),
        "chains[1].energies[7]"
    );
    made.energies[1].clear();
    assert!(made.diagnosis().is_ok());
    made.depths[0].pop();
    assert_eq!(made.diagnosis().unwrap_err().path(), "chains[0].treeDepths");
}
