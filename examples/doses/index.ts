/**
 * Doses: two studies of many patients, with events and hierarchies. Theophylline in twelve subjects
 * beside nlme, and phenobarbital in 59 infants, each with doses and samples of its own, beside
 * NONMEM.
 */
import { execFile } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { anneal, defineModel, init, observations, type Observations, readCsv } from "least-action";
import type { Outcome, Settings } from "../outcome.js";
import { heading, table } from "../terminal.js";

/** Number of a fit beside a published one. */
interface Row {
  name: string;
  ours: number;
  published: number;
  /** Standard error of the published number. */
  error: number;
}

const here = import.meta.url;

export async function doses({ signal }: Settings = {}): Promise<Outcome> {
  await init();
  const checks = [...(await theophylline(signal)), ...(await phenobarbital(signal))];
  return { pictures: {}, checks };
}

/** Prints a comparison and checks that all numbers are within 0.4 standard errors. */
function compared(study: string, rows: readonly Row[], seconds: number): Outcome["checks"] {
  const off = ({ ours, published, error }: Row): number => Math.abs(ours - published) / error;
  table(
    ["number", "here", "published", "error", "errors apart"],
    rows.map((row) => [
      row.name,
      row.ours.toPrecision(4),
      row.published.toPrecision(4),
      row.error.toPrecision(2),
      off(row).toFixed(2),
    ]),
  );
  console.log(`${seconds.toFixed(1)} s`);
  const claim = `${study}: all within 0.4 standard errors of the published fit`;
  return [{ claim, holds: rows.every((row) => off(row) < 0.4) }];
}

/**
 * Theophylline by mouth: one compartment with first-order absorption.
 *
 * Published: J. C. Pinheiro, D. M. Bates, Mixed-Effects Models in S and S-PLUS, 2000, section 8.2,
 * with random ka and Cl. The minimum of the closed form at these authors' deviations, by SciPy, is
 * at 0.4657, -2.4547 and -3.2272.
 */
async function theophylline(signal?: AbortSignal): Promise<Outcome["checks"]> {
  heading("Theophylline: 12 subjects, 132 concentrations at irregular times");
  const text = await fileOr(new URL("../../../shared/data/recordings/theophylline.csv", here));
  if (text === undefined) {
    console.log("skipped: ../shared/data/recordings/theophylline.csv is not there");
    return [];
  }
  const csv = readCsv(text);
  const subject = csv.column("Subject");
  // Amounts are per kg of body weight, and so are the volume and the clearance.
  const model = defineModel({
    states: { gut: "mg/kg", C: "mg/L" },
    parameters: { ka: 1.5, ke: 0.09, Cl: 0.04 },
    equations: { gut: "-ka*gut", C: "ka*gut*ke/Cl - ke*C" },
    events: [{ at: "dose.time", state: "gut", add: "dose.amount" }],
  });
  const data = Array.from(new Set(subject), (one): Observations => {
    const of = (column: string): Float64Array =>
      csv.column(column).filter((_, i) => subject[i] === one);
    return observations({
      model,
      times: of("Time"),
      values: { C: of("conc") },
      events: { dose: { time: 0, amount: of("Dose")[0] as number } },
    });
  });
  const start = performance.now();
  const run = await anneal({
    model,
    data,
    firstState: { gut: 0, C: 0 },
    estimate: {
      ka: { initial: [0.5, 4], scale: "log", across: "sets", hierarchy: true },
      ke: { initial: [0.03, 0.3], scale: "log" },
      Cl: { initial: [0.01, 0.1], scale: "log", across: "sets", hierarchy: true },
    },
    ...(signal && { signal }),
  });
  const seconds = (performance.now() - start) / 1000;
  console.log(String(run.summary()));
  const { ka, Cl } = run.hierarchies;
  const ke = Math.log(run.best.parameters.ke);
  const rows = [
    { name: "ln ka, mean", ours: ka?.mean ?? NaN, published: 0.4514, error: 0.196 },
    { name: "ln ke", ours: ke, published: -2.4327, error: 0.063 },
    { name: "ln Cl, mean", ours: Cl?.mean ?? NaN, published: -3.2145, error: 0.081 },
  ];
  return compared("theophylline", rows, seconds);
}

/**
 * Phenobarbital in newborns: one compartment, given into the vein. The data and NONMEM's fit of
 * them come with the Python package Pharmpy (T. H. Grasela, S. M. Donn, Dev. Pharmacol. Ther. 8,
 * 1985).
 */
async function phenobarbital(signal?: AbortSignal): Promise<Outcome["checks"]> {
  heading("Phenobarbital: 59 infants, 155 concentrations, doses at other times");
  const folder = await pharmpy();
  if (folder === undefined) {
    console.log("skipped: pip could not fetch the package pharmpy-core, which has the data");
    return [];
  }
  const records = numbers(await readFile(new URL("pheno.dta", folder), "utf8")).map(
    ([id, time, amount, weight, apgar, concentration]) =>
      ({ id, time, amount, weight, apgar, concentration }) as Record<string, number>,
  );
  const model = defineModel({
    states: { C: "mg/L" },
    parameters: { cl: 0.005, v: 1, low: 0, weight: 1, immature: 0 },
    where: { V: "v*weight*(1 + low*immature)" },
    equations: { C: "-cl*weight/V*C" },
    events: [{ at: "dose.time", state: "C", add: "dose.amount/V" }],
  });
  const data = Array.from(new Set(records.map(({ id }) => id)), (infant): Observations => {
    const own = records.filter(({ id }) => id === infant);
    const samples = own.filter(({ concentration = 0 }) => concentration > 0);
    const last = samples.at(-1)?.time as number;
    const dose = own.filter(({ amount = 0, time = 0 }) => amount > 0 && time < last);
    return observations({
      model,
      times: [dose[0]?.time as number, ...samples.map(({ time }) => time as number)],
      values: { C: [NaN, ...samples.map(({ concentration }) => concentration as number)] },
      timeStep: 12,
      events: { dose: dose.map(({ time = 0, amount = 0 }) => ({ time, amount })) },
      parameters: {
        weight: own[0]?.weight as number,
        immature: (own[0]?.apgar as number) < 5 ? 1 : 0,
      },
    });
  });
  const start = performance.now();
  const run = await anneal({
    model,
    data,
    firstState: { C: 0 },
    noise: { C: { proportional: "estimate" } },
    estimate: {
      cl: { initial: [0.002, 0.01], scale: "log", across: "sets", hierarchy: true },
      v: { initial: [0.5, 2], scale: "log", across: "sets", hierarchy: true },
      low: { initial: [-0.3, 0.5], bounds: [-0.9, 3] },
    },
    ...(signal && { signal }),
  });
  const seconds = (performance.now() - start) / 1000;
  console.log(String(run.summary()));
  const lines = (await readFile(new URL("pheno.ext", folder), "utf8")).split("\n");
  const line = (code: string): number[] =>
    numbers(lines.find((one) => one.includes(code)) ?? "")[0]?.slice(1) ?? [];
  const [published, errors] = [line("-1000000000"), line("-1000000001")];
  const { cl, v } = run.hierarchies;
  const ours = [Math.exp(cl?.mean ?? NaN), Math.exp(v?.mean ?? NaN), run.best.parameters.low];
  const names = ["clearance per kg, L/h", "volume per kg, L", "more volume at an Apgar below 5"];
  const rows = names.map((name, k) => ({
    name,
    ours: ours[k] as number,
    published: published[k] as number,
    error: errors[k] as number,
  }));
  return compared("phenobarbital", rows, seconds);
}

/** Gives the text of a file; undefined if it is not there. */
async function fileOr(url: URL): Promise<string | undefined> {
  return readFile(url, "utf8").catch(() => undefined);
}

/** Gives the numbers of a table whose columns are apart by blanks, without lines of words. */
function numbers(text: string): number[][] {
  const rows = text.split("\n").map((line) => line.trim().split(/\s+/).map(Number));
  return rows.filter((row) => row.length > 1 && row.every(Number.isFinite));
}

/**
 * Gives the folder of Pharmpy's example models, which pip fetches once without what the package
 * needs; undefined if that does not work.
 */
async function pharmpy(): Promise<URL | undefined> {
  const cache = new URL("../output/pharmpy/", here);
  const folder = new URL("pharmpy/internals/example_models/", cache);
  if ((await fileOr(new URL("pheno.dta", folder))) !== undefined) return folder;
  await mkdir(cache, { recursive: true });
  console.log("fetching pharmpy-core 2.1.1 (data of a published study) by pip, once");
  const to = fileURLToPath(cache);
  const pip = ["-m", "pip", "install", "--no-deps", "--target", to, "pharmpy-core==2.1.1"];
  try {
    await promisify(execFile)("python3", pip);
    return folder;
  } catch {
    return undefined;
  }
}
