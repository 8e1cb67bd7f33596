/**
 * A test of uncertainties: does a band hold the truth as often as it says? Lorenz96 with 12 of 20
 * sites observed and the forcing unknown. The truth of these twins makes errors of R_f = 400 on
 * every step, so that exp(-A) at this R_f is what is known of it: bands of Laplace's method then
 * have to hold the truth as often as they say. Two comparisons follow: truths without errors, and
 * other R_f. Last, the Gaussian of Laplace's method is compared with draws by Hamiltonian Monte
 * Carlo.
 */
import { init, samplePosterior, type SampledPosterior, type Uncertainty } from "least-action";
import type { Outcome, Settings } from "../outcome.js";
import { drawCertainty } from "../pictures/certainty.js";
import { drawCurves } from "../pictures/curves.js";
import { heading, progressBar, table } from "../terminal.js";
import {
  coverage,
  dimension,
  fitOf,
  forcing,
  groupOf,
  groups,
  timeStep,
  type Group,
  type TruthAndRun,
} from "./twins.js";

/** R_f of the truths with errors. */
const errors = 400;
const shares = [0.5, 0.9] as const;
/** R_f of the bands, for each kind of truth. */
const ladders = {
  "errors of R_f = 400 in the truth": { errors, precisions: [25, 100, 200, 400, 800, 1600, 1e4] },
  "no errors in the truth": {
    errors: Infinity,
    precisions: [100, 400, 1600, 1e4, 1e5, 1e6, 1e7, 1e8],
  },
} as const;
type Kind = keyof typeof ladders;
const [withErrors, without] = Object.keys(ladders) as [Kind, Kind];

/** Mean over twins, with its standard error. */
interface Mean {
  value: number;
  error: number;
}

/** Result for one kind of truth at one R_f. */
interface Row {
  modelPrecision: number;
  /** Share of states within their bands, by probability of the band, then by group. */
  coverage: Record<Group, Mean>[];
  /** Number of twins whose 90 % interval holds the forcing. */
  forcing: number;
}

interface Size {
  twins: number;
  points: number;
  chains: number;
  draws: number;
  warmup: number;
}

export async function howCertain({ size, signal }: Settings = {}): Promise<Outcome> {
  const { starts: twins = 20, rungs = 9 } = size ?? {};
  const tiny = rungs < 9;
  const sizes: Size = tiny
    ? { twins, points: 41, chains: 2, draws: 40, warmup: 40 }
    : { twins, points: 201, chains: 4, draws: 250, warmup: 150 };
  await init();

  const found = new Map<Kind, Row[]>();
  let first: TruthAndRun | undefined;
  for (const kind of [withErrors, without]) {
    if (signal?.aborted) break;
    heading(`${twins} twins, ${kind}: how often bands hold the truth`);
    const fits = await fitsOf(ladders[kind].errors, sizes, signal);
    first ??= fits[0];
    const rows = ladders[kind].precisions.map((modelPrecision) => rowOf(fits, modelPrecision));
    found.set(kind, rows);
    print(rows, twins);
  }
  if (first === undefined || signal?.aborted) return { pictures: {}, checks: [] };

  const beside = await compare(first, sizes, signal);
  return {
    pictures: {
      "how-certain-coverage.svg": await drawCoverage(found, sizes),
      "how-certain.svg": await drawBoth(first, beside),
    },
    checks: [...claimsOfCoverage(found), ...claimsOfSampling(beside)],
  };
}

async function fitsOf(
  size: number,
  { twins, points }: Size,
  signal: AbortSignal | undefined,
): Promise<TruthAndRun[]> {
  const bar = progressBar("twins", "twins");
  const fits: TruthAndRun[] = [];
  try {
    for (let k = 0; k < twins; k++) {
      fits.push(await fitOf(k + 1, points, size, signal));
      bar.update(k + 1, twins);
    }
  } finally {
    bar.stop();
  }
  return fits;
}

function rowOf(fits: readonly TruthAndRun[], modelPrecision: number): Row {
  const each = fits.map(({ truth, run }) => {
    const certain = run.uncertainty({ modelPrecision, levels: 1 });
    const [low, high] = certain.band(0.9).parameters.forcing;
    const held = {
      shares: shares.map((share) => coverage(truth, certain, share)),
      forcing: low <= forcing && forcing <= high,
    };
    certain.free();
    return held;
  });
  const mean = (of: (one: (typeof each)[number]) => number): Mean => {
    const values = each.map(of);
    const value = values.reduce((sum, one) => sum + one, 0) / values.length;
    const squares = values.reduce((sum, one) => sum + (one - value) ** 2, 0);
    // The errors of the states of one twin are correlated, so the standard error counts twins.
    return { value, error: Math.sqrt(squares / (values.length - 1) / values.length) };
  };
  const byGroup = (share: number) =>
    Object.fromEntries(
      groups.map((group) => [group, mean((one) => one.shares[share]?.[group] ?? NaN)]),
    ) as Record<Group, Mean>;
  return {
    modelPrecision,
    coverage: shares.map((_, k) => byGroup(k)),
    forcing: each.filter((one) => one.forcing).length,
  };
}

const percent = ({ value, error }: Mean): string =>
  `${(100 * value).toFixed(1)} +- ${(100 * error).toFixed(1)}`;

function print(rows: readonly Row[], twins: number): void {
  console.log("\nStates within their bands, in percent; the standard error is over twins:\n");
  table(
    [
      "R_f",
      ...shares.flatMap((share) => groups.map((group) => `${100 * share} %, ${group}`)),
      "forcing within 90 %",
    ],
    rows.map((row) => [
      row.modelPrecision.toPrecision(3),
      ...row.coverage.flatMap((all) => groups.map((group) => percent(all[group]))),
      `${row.forcing} of ${twins}`,
    ]),
  );
}

/** Laplace's method and Monte Carlo for one twin. */
interface Beside {
  certain: Uncertainty<"forcing">;
  sampled: SampledPosterior<"forcing">;
  /** Standard deviations by Laplace's method divided by those of the draws, sorted. */
  ratios: Float64Array;
  /**
   * Root mean square over all states of the distance between the two means, in standard deviations.
   */
  means: number;
  /** Effective sample sizes of the states at every tenth point and of the forcing, sorted. */
  sizes: Float64Array;
  seconds: number;
}

async function compare(
  { run }: TruthAndRun,
  size: Size,
  signal: AbortSignal | undefined,
): Promise<Beside> {
  const { chains, draws, warmup } = size;
  heading(`Laplace's method beside Monte Carlo, R_f = ${errors}`);
  const certain = run.uncertainty({ modelPrecision: errors, levels: 1 });
  const bar = progressBar("draws", "%");
  const began = performance.now();
  const sampled = await samplePosterior({
    run,
    modelPrecision: errors,
    chains,
    draws,
    warmup,
    seed: 1,
    onProgress: ({ share }) => bar.update(Math.round(100 * share), 100),
    ...(signal && { signal }),
  }).finally(() => bar.stop());
  const seconds = (performance.now() - began) / 1000;
  const { deviation, path } = sampled;
  const ratios = certain.deviation.map((one, i) => one / (deviation[i] ?? NaN)).sort();
  const squares = path.reduce(
    (sum, x, i) => sum + ((x - (certain.path[i] ?? NaN)) / (deviation[i] ?? NaN)) ** 2,
    0,
  );
  const looked = Array.from(path.keys()).filter((i) => Math.floor(i / dimension) % 10 === 0);
  const sizes = Float64Array.from([
    sampled.expected((_, parameters) => parameters.forcing).effectiveSize,
    ...looked.map((i) => sampled.expected((states) => states[i] ?? NaN).effectiveSize),
  ]).sort();
  const beside = {
    certain,
    sampled,
    ratios,
    means: Math.sqrt(squares / path.length),
    sizes,
    seconds,
  };
  printBoth(beside, size);
  return beside;
}

const at = (sorted: Float64Array, share: number): number =>
  sorted[Math.round(share * (sorted.length - 1))] ?? NaN;

function printBoth(
  { certain, sampled, ratios, means, sizes, seconds }: Beside,
  { chains, draws, warmup }: Size,
): void {
  const steps = sampled.evaluations / (chains * draws);
  console.log(
    `${chains} chains of ${draws} draws after ${warmup}, in ${seconds.toFixed(1)} s ` +
      `(${sampled.seconds.toFixed(1)} s of work on threads), ` +
      `${steps.toFixed(0)} gradients a draw.\n`,
  );
  const { mean, deviation } = certain.parameters.forcing;
  const drawn = sampled.expected((_, parameters) => parameters.forcing);
  table(
    ["", "Laplace", "Monte Carlo"],
    [
      ["forcing, mean", mean.toFixed(4), `${drawn.value.toFixed(4)} +- ${drawn.error.toFixed(4)}`],
      ["forcing, deviation", deviation.toFixed(4), drawn.deviation.toFixed(4)],
    ],
  );
  const [low, middle, high] = [0.05, 0.5, 0.95].map((share) => at(ratios, share).toFixed(3));
  console.log(
    `\nDeviations of states, Laplace over Monte Carlo: median ${middle}, 90 % of them ` +
      `from ${low} to ${high}.`,
  );
  console.log(`Means of states are ${means.toFixed(3)} standard deviations apart, rms.`);
  const perSecond = (share: number): string => (at(sizes, share) / sampled.seconds).toFixed(1);
  console.log(
    `Effective draws of ${chains * draws}: ${at(sizes, 0).toFixed(0)} of the worst ` +
      `unknown, median ${at(sizes, 0.5).toFixed(0)}; ` +
      `${perSecond(0)} and ${perSecond(0.5)} per second of one thread, the warm-up included.\n`,
  );
  console.log(sampled.diagnose());
}

function drawCoverage(
  found: ReadonlyMap<Kind, readonly Row[]>,
  { twins, points }: Size,
): Promise<string> {
  return drawCurves({
    title: "How often bands hold the truth",
    subtitle:
      `Lorenz96, 12 of ${dimension} sites observed, ${points} points ${timeStep} apart, ` +
      `noise 0.5; means over ${twins} twins`,
    columns: 2,
    panels: shares.flatMap((share, k) =>
      [...found].map(([kind, rows]) => ({
        label: `bands of ${100 * share} %, ${kind}`,
        xTitle: "R_f that bands are made with",
        yTitle: "share of states within",
        log: "x" as const,
        curves: groups.map((name) => ({
          name,
          x: rows.map((row) => row.modelPrecision),
          y: rows.map((row) => row.coverage[k]?.[name].value ?? NaN),
        })),
        rule: { y: share, label: "nominal" },
      })),
    ),
  });
}

function drawBoth({ truth, run }: TruthAndRun, { certain, sampled }: Beside): Promise<string> {
  const shown = 7;
  const column = (values: Float64Array): Float64Array =>
    Float64Array.from(run.times, (_, n) => values[n * dimension + shown] ?? NaN);
  const ends = ({ lower, upper }: { lower: Float64Array; upper: Float64Array }) => ({
    lower: column(lower),
    upper: column(upper),
  });
  const { mean, deviation } = certain.parameters.forcing;
  return drawCertainty({
    title: "Laplace's method and Monte Carlo",
    subtitle:
      `Lorenz96 twin, 12 of ${dimension} sites observed, R_f = ${errors}; ` +
      `${sampled.chainCount * sampled.draws} draws`,
    deviations: Array.from(certain.deviation, (laplace, i) => ({
      laplace,
      sampled: sampled.deviation[i] ?? NaN,
      group: groupOf(i),
      // A quarter of the points in time makes a readable picture.
    })).filter((_, i) => Math.floor(i / dimension) % 4 === 0),
    parameter: {
      label: "what is known of the forcing",
      name: "forcing",
      mean,
      deviation,
      draws: sampled.parameters.forcing,
      truth: forcing,
    },
    bands: {
      label: `component ${shown}, never observed: bands of 90 %`,
      times: run.times,
      truth: column(truth),
      laplace: ends(certain.band(0.9)),
      sampled: ends(sampled.band(0.9)),
    },
  });
}

/**
 * True if the share is within three standard errors of its nominal value, and the errors are small
 * enough for a test.
 */
const isNominal = ({ value, error }: Mean, share: number): boolean =>
  Math.abs(value - share) < 3 * error && error < 0.03;

function claimsOfCoverage(found: ReadonlyMap<Kind, readonly Row[]>): Outcome["checks"] {
  const rowAt = (kind: Kind, modelPrecision: number) =>
    found.get(kind)?.find((row) => row.modelPrecision === modelPrecision);
  const every = (row: Row | undefined, holds: (mean: Mean, share: number) => boolean): boolean =>
    row !== undefined &&
    shares.every((share, k) => groups.every((g) => holds(row.coverage[k]?.[g] as Mean, share)));
  const words = (row: Row | undefined): string =>
    shares
      .map(
        (share, k) =>
          `${100 * share} %: ` +
          `${groups.map((g) => percent(row?.coverage[k]?.[g] as Mean)).join(" and ")} %`,
      )
      .join(", ");
  const [right, tight, loose] = [errors, 2 * errors, errors / 2].map((r) => rowAt(withErrors, r));
  const [weak, strong, strongest] = [errors, 1e7, 1e8].map((r) => rowAt(without, r));
  const apart = (mean: Mean, other: Mean): number =>
    Math.abs(mean.value - other.value) / other.error;
  return [
    {
      claim:
        `truths with errors of R_f = ${errors}: bands hold observed and hidden states as ` +
        `often as they say (${words(right)})`,
      holds: every(right, isNominal),
    },
    {
      claim:
        `with half of that R_f they hold them more often (${words(loose)}), with twice as ` +
        `much less often (${words(tight)})`,
      holds:
        every(loose, ({ value, error }, share) => value > share + 3 * error) &&
        every(tight, ({ value, error }, share) => value < share - 3 * error),
    },
    {
      claim: `the forcing is in its interval of 90 % in ${right?.forcing} twins`,
      // The probability of fewer than 14 of 20 is 0.2 %.
      holds: (right?.forcing ?? 0) >= 14,
    },
    {
      claim:
        `truths without errors: R_f = ${errors} allows for errors that are not there, and ` +
        `bands are too wide (${words(weak)})`,
      holds: every(weak, ({ value, error }, share) => value > share + 3 * error),
    },
    {
      claim:
        `there they are right from R_f = 1e7 on (${words(strong)}), where what they allow ` +
        "for no longer changes them",
      holds:
        every(strong, isNominal) &&
        every(strongest, isNominal) &&
        shares.every((_, k) =>
          groups.every(
            (g) =>
              apart(strong?.coverage[k]?.[g] as Mean, strongest?.coverage[k]?.[g] as Mean) < 0.5,
          ),
        ),
    },
  ];
}

function claimsOfSampling({ certain, sampled, ratios, means, sizes }: Beside): Outcome["checks"] {
  const drawn = sampled.expected((_, parameters) => parameters.forcing);
  const ratio = certain.parameters.forcing.deviation / drawn.deviation;
  return [
    {
      claim:
        "deviations of Laplace's method are those of the draws (ratio " +
        `${at(ratios, 0.05).toFixed(2)} to ${at(ratios, 0.95).toFixed(2)}, of the forcing ` +
        `${ratio.toFixed(2)}), and so are means (to ${means.toFixed(2)} deviations, rms)`,
      holds:
        at(ratios, 0.05) > 0.9 &&
        at(ratios, 0.95) < 1.1 &&
        Math.abs(at(ratios, 0.5) - 1) < 0.02 &&
        // A thousand draws are worth a few hundred for deviations, which have an error of about 5 %
        // then.
        Math.abs(ratio - 1) < 0.15 &&
        means < 0.2,
    },
    {
      claim:
        "every unknown has more than 400 effective draws (the worst " +
        `${at(sizes, 0).toFixed(0)}), and no trajectory diverged`,
      holds: at(sizes, 0) > 400 && sampled.divergences.length === 0,
    },
  ];
}
