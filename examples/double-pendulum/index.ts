/**
 * A real double pendulum from its angles alone: lengths, mass ratio, friction and the cameras'
 * noise from the first half of a recording, and a forecast of the second half, which is chaotic.
 */
import { readFile } from "node:fs/promises";
import { anneal, init, observations } from "least-action";
import type { Outcome, Settings } from "../outcome.js";
import { drawSeries } from "../pictures/series.js";
import { heading, progressBar, table } from "../terminal.js";
import { pendulum } from "./model.js";

const recording = new URL("../../../shared/data/recordings/double-pendulum.txt", import.meta.url);
/** Time between two pictures of the cameras, in seconds. */
const STEP = 0.01;
/** End of the first half, and of the recording. */
const [HALF, END] = [4, 8];
/** Acceleration of gravity, in m/s^2. */
const GRAVITY = 9.81;
/** Share of the probability within the bands. */
const SHARE = 0.9;
/** Range of starting values for what is positive and known to an order of magnitude. */
const positive = (low: number, high: number) => ({ initial: [low, high], scale: "log" }) as const;
const friction = { initial: [0, 0.1], bounds: [0, Infinity] } as const;
/** Zero of an angle: the cameras were adjusted to about a degree. */
const zero = { prior: { mean: 0, deviation: 0.02 } } as const;

interface Sample {
  time: number;
  angles: [number, number];
}

export async function doublePendulum({ signal }: Settings = {}): Promise<Outcome> {
  heading("A real double pendulum: noise, friction and a chaotic forecast");
  const samples = await readSamples();
  if (samples === undefined) {
    console.log(`There is no recording at ${recording.pathname}: nothing was done.`);
    return { pictures: {}, checks: [] };
  }
  await init();
  const [seen, unseen] = [
    samples.filter(({ time }) => time <= HALF),
    samples.filter(({ time }) => time > HALF && time < END),
  ];
  const data = observations({
    model: pendulum,
    times: seen.map(({ time }) => time),
    timeStep: STEP,
    values: {
      upperAngle: seen.map(({ angles }) => angles[0]),
      lowerAngle: seen.map(({ angles }) => angles[1]),
    },
  });
  const bar = progressBar("double pendulum");
  const run = await anneal({
    model: pendulum,
    data,
    estimate: {
      B: positive(0.1, 0.6),
      C: positive(0.2, 1),
      g1: positive(20, 150),
      g2: positive(10, 100),
      f1: friction,
      f2: friction,
      d1: friction,
      d2: friction,
      oa: zero,
      ob: zero,
    },
    onProgress: (p) => bar.update(p.done, p.total),
    ...(signal && { signal }),
  }).finally(() => bar.stop());
  console.log(`${seen.length} pictures in ${HALF} s; the noise is not stated.\n`);
  console.log(run.diagnose());

  const certain = run.uncertainty();
  const { B, C, g1, g2, f1, f2, d1, d2 } = run.best.parameters;
  // Of two rigid bodies: B/A = m2 l1 c2/A and g2/A = m2 c2 g/A, so that their ratio is l1/g.
  const length = (GRAVITY * B) / g2;
  console.log("");
  table(
    ["", "estimate", "standard deviation"],
    Object.entries(certain.parameters).map(([name, { mean, deviation }]) => [
      name,
      mean.toPrecision(4),
      deviation.toPrecision(2),
    ]),
  );
  console.log(
    `\nThe upper arm is ${(100 * length).toFixed(1)} cm long; the inertia of the lower arm is ` +
      `${(100 * C).toFixed(1)} % of that of both. The friction of the joints is ` +
      `${f1.toPrecision(2)} and ${f2.toPrecision(2)} /s (viscous), ${d1.toPrecision(2)} and ` +
      `${d2.toPrecision(2)} /s^2 (dry). Gravity alone would swing the arms at ` +
      `${(Math.sqrt(g1) / (2 * Math.PI)).toFixed(2)} Hz.`,
  );

  const future = certain.predict({ until: END, count: 200 });
  const band = future.band(SHARE);
  const rows = unseen.flatMap(({ time, angles }) => {
    const row = Math.round((time - HALF) / STEP);
    return angles.map((angle, k) => {
      const offset = k === 0 ? run.best.parameters.oa : run.best.parameters.ob;
      const noise = run.noise[k === 0 ? "upperAngle" : "lowerAngle"]?.meanDeviation ?? 0;
      const at = 4 * row + k;
      return {
        time,
        error: angle - offset - (future.mean[at] as number),
        isWithin:
          angle - offset > (band.lower[at] as number) - 1.64 * noise &&
          angle - offset < (band.upper[at] as number) + 1.64 * noise,
      };
    });
  });
  const horizons = [0.5, 1, 2, 3, 4];
  console.log("");
  table(
    ["forecast", "error (rad, rms)", `within the ${100 * SHARE} % band`],
    horizons.map((end, k) => {
      const begin = k === 0 ? 0 : (horizons[k - 1] as number);
      const own = rows.filter(({ time }) => time - HALF > begin && time - HALF <= end);
      return [`${begin} to ${end} s`, rms(own).toPrecision(2), percent(share(own))];
    }),
  );
  const inBand = share(rows);
  const whole = rms(rows);
  const correlated = run.findings.some(({ code }) => code === "correlatedResiduals");
  console.log(
    `\nThe bands hold ${percent(inBand)} of the angles, not ${100 * SHARE} %: what is left of the ` +
      "angles is correlated in time, as the verdict says. Errors of the model that nobody stated " +
      "are not in the bands.",
  );
  const late = future.times;
  const column = (values: ArrayLike<number>, k: number): number[] =>
    Array.from(late, (_, n) => values[4 * n + k] as number);
  return {
    pictures: {
      "double-pendulum.svg": await drawSeries({
        title: "A real double pendulum, filmed and forecast",
        subtitle: "Angles of both arms; noise, friction and geometry estimated from the first 4 s",
        xTitle: "time (s)",
        yTitle: "angle (rad)",
        windowEnd: HALF,
        names: { data: "cameras", estimate: "estimate", prediction: "forecast" },
        rows: ["upper arm", "lower arm"].map((label, k) => ({
          label,
          bands: [{ x: late, lower: column(band.lower, k), upper: column(band.upper, k) }],
          curves: [
            {
              kind: "estimate" as const,
              x: run.times,
              y: Array.from(run.times, (_, n) => run.best.path[4 * n + k] as number),
            },
            { kind: "prediction" as const, x: late, y: column(future.mean, k) },
            {
              kind: "data" as const,
              x: samples.filter(({ time }) => time < END).map(({ time }) => time),
              y: samples.filter(({ time }) => time < END).map(({ angles }) => angles[k] as number),
            },
          ],
        })),
      }),
    },
    checks: [
      {
        claim: "the cameras' noise is found: between 0.5 and 5 mrad for both angles",
        holds: Object.values(run.noise).every(({ meanDeviation: noise }) => {
          return noise > 5e-4 && noise < 5e-3;
        }),
      },
      {
        claim: `the angles of the next ${END - HALF} s are forecast to 0.2 rad (rms): ${whole.toPrecision(2)}`,
        holds: whole < 0.2,
      },
      {
        claim: "the verdict says that the model leaves something out",
        holds: run.verdict === "inconsistent" && correlated,
      },
    ],
  };
}

/** Angles of the first trial, from its beginning; undefined where there is no recording. */
async function readSamples(): Promise<Sample[] | undefined> {
  const text = await readFile(recording, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const lines = text.split("\n").slice(1);
  const rows = lines.map((line) => line.trim().split(/\s+/).map(Number));
  const trial = rows.filter((row) => row.length > 3 && row[0] === 0);
  const first = (trial[0] as number[])[1] as number;
  return trial.map(([, time, a, b]) => ({
    // Times are those of pictures, rounded to single precision.
    time: Math.round(((time as number) - first) / STEP) * STEP,
    angles: [a as number, b as number],
  }));
}

const rms = (rows: readonly { error: number }[]): number =>
  Math.sqrt(rows.reduce((sum, { error }) => sum + error ** 2, 0) / rows.length);
const share = (rows: readonly { isWithin: boolean }[]): number =>
  rows.filter(({ isWithin }) => isWithin).length / rows.length;
const percent = (value: number): string => `${(100 * value).toFixed(0)} %`;
