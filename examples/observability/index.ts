/**
 * A study of the number of measurements that are needed. Lorenz96 with 11 sites, of which 2, 4, 5
 * or 6 are observed: the same truths every time, annealed from random paths on a ladder of fixed
 * steps, as in the literature (J. Ye et al., Physical Review E 92, 052901, 2015), and once more by
 * the default strategy, an ensemble filter. Of each set: how often the truth is found, how far the
 * second action level is above the lowest, how good predictions are, and whether a copy of the
 * system that is shown the set falls into step with it.
 */
import {
  init,
  lorenz96,
  observability,
  type Observability,
  type ObservabilityOptions,
  type Run,
} from "least-action";
import type { Outcome, Settings } from "../outcome.js";
import { drawCurves, type Panel } from "../pictures/curves.js";
import { drawLevels } from "../pictures/levels.js";
import { heading, progressBar } from "../terminal.js";

const dimension = 11;
const noise = 0.2;
const measurementPrecision = 1 / noise ** 2;

/**
 * Sets of observed sites, each of which holds the one before. `sets` adds one more, which shows
 * that it also matters which sites are observed.
 */
const nested = {
  "2": [0, 5],
  "4": [0, 3, 5, 8],
  "5": [0, 1, 3, 5, 8],
  "6": [0, 1, 3, 5, 8, 10],
} as const;
const sets = { ...nested, "5, every other": [0, 2, 4, 6, 8] } as const;
type Name = keyof typeof sets;
const counts = Object.keys(nested) as (keyof typeof nested)[];

type Study = Observability<Name, "forcing">;

export async function observabilityExample({ size, signal }: Settings = {}): Promise<Outcome> {
  const { starts = 8, rungs = 41 } = size ?? {};
  const tiny = rungs < 41;
  await init();
  const options = {
    model: lorenz96({ dimension }),
    sets,
    twins: tiny ? 1 : 10,
    timeStep: 0.025,
    points: tiny ? 41 : 161,
    further: tiny ? 40 : 200,
    noise,
    parameters: { forcing: 8.17 },
    estimate: { forcing: { initial: [6, 10] } },
    seed: 1,
    ...(signal && { signal }),
  } satisfies Partial<ObservabilityOptions<"forcing", "forcing", `x${number}`, never, never, Name>>;

  heading(
    `Lorenz96: ${counts.join(", ")} of ${dimension} sites observed, ${options.points} ` +
      `points, noise ${noise}`,
  );
  console.log(`\n${starts} random paths each, a ladder of ${rungs} rungs:\n`);
  /** Runs of the first truth. */
  const runs = new Map<Name, Run<"forcing">>();
  const classical = await study(
    {
      ...options,
      modelPrecision: { initial: 1e-6 * measurementPrecision, factor: 2, rungs },
      startingPaths: { start: "random", count: starts, range: [-10, 10] },
      lyapunov: { points: tiny ? 301 : 40_001 },
    },
    ({ set, outcome, run }) => outcome.twin === 0 && runs.set(set, run),
  );
  console.log(
    `\nThe same by the default way to start and to climb, ${Math.min(starts, 5)} starts each:\n`,
  );
  const byDefault = signal?.aborted
    ? undefined
    : await study({ ...options, startingPaths: { count: Math.min(starts, 5) }, lyapunov: false });

  return {
    pictures: {
      "observability-levels.svg": await drawLevels({
        title: "Lorenz96: action levels and the number of sites observed",
        subtitle:
          `One truth of ${dimension} sites, ${options.points} points ${options.timeStep} ` +
          `apart, noise ${noise}, unknown forcing; ${starts} random starting paths`,
        measurementPrecision,
        columns: 2,
        panels: counts.flatMap((set) => {
          const run = runs.get(set);
          return run === undefined ? [] : [{ label: `${set} of ${dimension} observed`, run }];
        }),
      }),
      "observability.svg": await drawStudies(classical, byDefault, options.twins),
    },
    checks: claims(classical, byDefault),
  };
}

type StudyOptions = ObservabilityOptions<"forcing", "forcing", `x${number}`, never, never, Name>;

async function study(options: StudyOptions, onTwin?: StudyOptions["onProgress"]): Promise<Study> {
  const bar = progressBar("twins", "twins");
  const found = await observability({
    ...options,
    onProgress: (progress) => {
      bar.update(progress.done, progress.total);
      onTwin?.(progress);
    },
  }).finally(() => bar.stop());
  console.log(found.summary());
  console.log(`\n${found.diagnose()}`);
  return found;
}

const rowOf = (study: Study, set: Name) => study.rows.find((row) => row.set === set);

function drawStudies(
  classical: Study,
  byDefault: Study | undefined,
  twins: number,
): Promise<string> {
  const studies = Object.entries({
    "random paths": classical,
    ...(byDefault && { "default: an ensemble filter": byDefault }),
  });
  type Row = Study["rows"][number];
  /** Curves of a value against the number of observed sites, without missing values. */
  const curves = (value: (row: Row) => number | null | undefined, of = studies): Panel["curves"] =>
    of.map(([name, study]) => {
      const points = counts.flatMap((set) => {
        const row = rowOf(study, set);
        const y = row && value(row);
        return y === null || y === undefined ? [] : [{ x: Number(set), y }];
      });
      return { name, x: points.map(({ x }) => x), y: points.map(({ y }) => y) };
    });
  const xTitle = `sites observed, of ${dimension}`;
  const lyapunov = classical.lyapunov?.value ?? NaN;
  return drawCurves({
    title: "How many measurements are enough? Lorenz96",
    subtitle:
      `${twins} truths, each with all sets; success: consistent with the noise, and sites ` +
      "never observed found to a fifth of how much they vary",
    columns: 2,
    panels: [
      {
        label: "share of twins whose truth is found",
        xTitle,
        yTitle: "success",
        curves: curves(({ success }) => success),
      },
      {
        label: "second action level over the lowest, median",
        xTitle,
        yTitle: "ratio of levels",
        log: "y",
        curves: curves(({ levelRatio }) => levelRatio),
        rule: { y: 1, label: "the same level" },
      },
      {
        label: "time for which predictions are good, median",
        xTitle,
        yTitle: "Lyapunov times",
        curves: curves(({ validTime }) => validTime * lyapunov),
      },
      {
        label: "of a copy that is shown these sites",
        xTitle,
        yTitle: "conditional Lyapunov exponent",
        curves: [
          ...curves(
            ({ conditionalLyapunov }) => conditionalLyapunov?.value,
            [["exponent", classical]],
          ),
          {
            name: "exponent",
            x: [0],
            y: [lyapunov],
          },
        ],
        rule: { y: 0, label: "below: it falls into step" },
      },
    ],
  });
}

function claims(classical: Study, byDefault: Study | undefined): Outcome["checks"] {
  const of = <T>(value: (row: Study["rows"][number]) => T, study = classical): (T | undefined)[] =>
    counts.map((set) => {
      const row = rowOf(study, set);
      return row && value(row);
    });
  const [two, four, five, six] = of((row) => row);
  const [lowest2, lowest4, lowest5, lowest6] = of(({ atLowest }) => atLowest);
  const exponents = of(({ conditionalLyapunov }) => conditionalLyapunov?.value ?? NaN) as number[];
  const spread = rowOf(classical, "5, every other")?.conditionalLyapunov?.value ?? NaN;
  const percent = (share: number | undefined): string => (100 * (share ?? NaN)).toFixed(0);
  const fixed = (value: number | undefined): string => (value ?? NaN).toFixed(2);
  const filtered = byDefault && rowOf(byDefault, "2");
  const lyapunov = classical.lyapunov?.value ?? NaN;
  const validTimes = of(({ validTime }) => fixed(validTime * lyapunov)).join(", ");
  return [
    {
      claim:
        `from random paths 2 sites are not enough (${percent(two?.success)} % of the twins ` +
        `succeed), 6 are (${percent(six?.success)} %)`,
      holds: (two?.success ?? 1) < 0.5 && six?.success === 1,
    },
    {
      claim:
        "the more sites, the more random paths end at the lowest level: " +
        `${[lowest2, lowest4, lowest5, lowest6].map(percent).join(", ")} % with ` +
        `${counts.join(", ")}`,
      holds: [lowest2, lowest4, lowest5, lowest6].every(
        (share, k, all) => k === 0 || (share ?? NaN) > (all[k - 1] ?? NaN),
      ),
    },
    {
      claim:
        `with 2 sites the second level is ${fixed(two?.levelRatio ?? NaN)} times the ` +
        "lowest, and nothing tells them apart; with 4 it is " +
        `${fixed(four?.levelRatio ?? NaN)} times`,
      holds: (two?.levelRatio ?? NaN) < 2 && (four?.levelRatio ?? NaN) > 4,
    },
    {
      claim: "a path that is wrong is never called consistent",
      holds: [classical, byDefault].every(
        (study) => study?.rows.every((row) => row.wrongButConsistent === 0) === true,
      ),
    },
    {
      claim: `predictions of half of the twins are good for ${validTimes} Lyapunov times`,
      holds:
        (two?.validTime ?? NaN) < 0.5 &&
        [four, five, six].every((row) => (row?.validTime ?? NaN) > 1.5),
    },
    {
      claim:
        "conditional Lyapunov exponents fall with the sites, " +
        `${exponents.map(fixed).join(", ")}, below zero from 5 on`,
      holds:
        exponents.every((value, k) => k === 0 || value < (exponents[k - 1] ?? NaN)) &&
        (exponents[1] ?? NaN) > 0 &&
        (exponents[2] ?? NaN) < 0,
    },
    {
      claim: `but which they are matters too: of 5 with every other one it is ${fixed(spread)}`,
      holds: spread > (exponents[1] ?? NaN),
    },
    {
      claim:
        `started by an ensemble filter 2 sites do in ${percent(filtered?.success)} % of the ` +
        "twins, and 4 in all",
      holds: (filtered?.success ?? 0) > 0.5 && byDefault?.enough === "4",
    },
  ];
}
