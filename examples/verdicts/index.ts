/**
 * Can a verdict and an interval be relied upon? Many kinds of situation, each with twins of several
 * models whose truth is known: the library is told what is right, or something that is wrong in a
 * known way, and its verdicts, findings and intervals are counted. Truths come from an integrator
 * of the example's own.
 *
 *     npm run demo -- verdicts --twins 100
 *     npm run demo -- verdicts --kinds "right,few data" --models chain,epidemic --ways profile
 *     npm run demo -- verdicts --from examples/output/verdicts.json
 */
import { readFile } from "node:fs/promises";
import { init } from "least-action";
import type { Outcome, Settings } from "../outcome.js";
import { heading, progressBar, table } from "../terminal.js";
import { judge, type Judged, SHARES, type Way, WAYS } from "./judge.js";
import { MODELS } from "./models.js";
import { drawVerdicts } from "./picture.js";
import { type Situation, SITUATIONS } from "./situations.js";
import {
  cellsOf,
  COLUMNS,
  isDemanded,
  isRight,
  markdownOf,
  type Row,
  rowsOf,
  shareOf,
} from "./table.js";

/** Options on the command line, each with its meaning. */
const OPTIONS = {
  twins: "number of twins of each kind and model (default: 2)",
  first: "number of the first twin (default: 1)",
  kinds: "kinds of situation, separated by commas (default: all)",
  models: "models, separated by commas (default: all)",
  ways: "further ways to intervals, profile or monteCarlo, separated by commas (default: none)",
  limit: "time in seconds after which a run is stopped (default: 60)",
  from: "JSON files of earlier twins, separated by commas, in place of new ones",
} as const;

/** Share of wrong verdicts that is allowed, and distance of intervals from their nominal one. */
const ALLOWED = { wrong: 0.01, interval: 0.02 };

export async function verdicts({ size, signal, options = {} }: Settings = {}): Promise<Outcome> {
  for (const name of Object.keys(options))
    if (!(name in OPTIONS)) {
      const known = Object.entries(OPTIONS).map(([one, about]) => `  --${one}: ${about}`);
      throw new Error(`verdicts has no option --${name}. It has\n${known.join("\n")}`);
    }
  const listOf = (name: keyof typeof OPTIONS): string[] | undefined =>
    options[name]?.split(",").map((one) => one.trim());
  const judged =
    options.from === undefined
      ? await judgeAll(
          {
            twins: Number(options.twins ?? size?.starts ?? 2),
            first: Number(options.first ?? 1),
            situations: chosen("kinds", SITUATIONS, ({ kind }) => kind, listOf("kinds")),
            models: chosen("models", MODELS, ({ name }) => name, listOf("models")),
            ways: chosen("ways", WAYS, (way) => way, listOf("ways") ?? []),
            limit: Number(options.limit ?? 60),
          },
          signal,
        )
      : await readAll(listOf("from") as string[]);
  if (judged.length === 0) return { pictures: {}, checks: [] };

  const rows = rowsOf(judged);
  heading("What the library says, by kind of situation");
  table(
    COLUMNS.filter((name) => name !== "model"),
    rows
      .filter(({ model }) => model === "all")
      .map((row) => cellsOf(row).filter((_, k) => COLUMNS[k] !== "model")),
  );
  explain();
  const subtitle = `${judged.length} twins of ${MODELS.length} models`;
  return {
    pictures: {
      "verdicts.svg": await drawVerdicts(rows, subtitle),
      "verdicts.md": markdownOf(rows),
      "verdicts.json": `${JSON.stringify(judged)}\n`,
    },
    checks: claimsOf(judged, rows),
  };
}

/** The members that are asked for by name, all if none are. */
function chosen<T>(
  option: string,
  all: readonly T[],
  nameOf: (one: T) => string,
  asked: readonly string[] | undefined,
): T[] {
  if (asked === undefined) return [...all];
  return asked.map((name) => {
    const found = all.find((one) => nameOf(one) === name);
    if (found === undefined)
      throw new Error(
        `--${option}: there is no "${name}"; there are ${all.map(nameOf).join(", ")}`,
      );
    return found;
  });
}

async function judgeAll(
  {
    twins,
    first,
    situations,
    models,
    ways,
    limit,
  }: {
    twins: number;
    first: number;
    situations: readonly Situation[];
    models: typeof MODELS;
    ways: readonly Way[];
    limit: number;
  },
  signal: AbortSignal | undefined,
): Promise<Judged[]> {
  await init();
  const total = twins * situations.length * models.length;
  const bar = progressBar("twins", "twins");
  const judged: Judged[] = [];
  try {
    // The kinds are the inner loop, so that an interrupted table has all of them.
    for (let seed = first; seed < first + twins; seed++)
      for (const situation of situations)
        for (const model of models) {
          // Lets Ctrl-C arrive: short runs never wait for anything.
          await new Promise((resolve) => setImmediate(resolve));
          if (signal?.aborted === true) return judged;
          judged.push(await judge(situation, model, seed, { ways, limit }, signal));
          bar.update(judged.length, total);
        }
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  } finally {
    bar.stop();
  }
  return judged;
}

async function readAll(files: readonly string[]): Promise<Judged[]> {
  const all = await Promise.all(files.map((file) => readFile(file, "utf8")));
  return all.flatMap((text) => JSON.parse(text) as Judged[]);
}

function explain(): void {
  console.log(
    "\nevidence: standard errors that the data carry against what was told, median;\n" +
      "wrong: verdicts that are wrong, of twins whose data carry 4 standard errors;\n" +
      "named: twins of which a finding names the situation;\n" +
      "50 %, 90 %: intervals of parameters that hold the truth, by Laplace's method and by other\n" +
      "ways that were asked for; off: consistent runs with an estimate 4 deviations off",
  );
}

function claimsOf(judged: readonly Judged[], rows: readonly Row[]): Outcome["checks"] {
  const expects = (one: Judged): string =>
    SITUATIONS.find(({ kind }) => kind === one.kind)?.expected ?? "";
  const against = judged.filter((one) => expects(one) === "inconsistent" && isDemanded(one));
  const missed = shareOf(against.map((one) => !isRight(one)));
  const told = judged.filter((one) => expects(one) !== "inconsistent");
  const accused = shareOf(told.map((one) => !isRight(one)));
  const claims: Outcome["checks"] = [];
  if (missed.count > 0)
    claims.push({
      claim:
        `at most 1 % of ${missed.count} twins whose data speak against what was told by 4 ` +
        `standard errors get another verdict: ${(100 * missed.share).toFixed(1)} %`,
      holds: missed.share <= ALLOWED.wrong,
    });
  if (accused.count > 0)
    claims.push({
      claim:
        `at most 1 % of ${accused.count} twins that were told rightly get a wrong verdict: ` +
        `${(100 * accused.share).toFixed(1)} %`,
      holds: accused.share <= ALLOWED.wrong,
    });
  const all = rows.filter(({ model }) => model === "all");
  for (const way of WAYS)
    for (const [k, nominal] of SHARES.entries()) {
      const shares = all.flatMap(({ held }) => held[way]?.[k] ?? []);
      const count = shares.reduce((sum, one) => sum + one.count, 0);
      if (count === 0) continue;
      const share = shares.reduce((sum, one) => sum + one.count * one.share, 0) / count;
      const variance = shares.reduce((sum, one) => sum + (one.count * one.error) ** 2, 0);
      const error = Math.sqrt(variance) / count;
      claims.push({
        claim:
          `${100 * nominal} % intervals by ${way} hold the truth within 2 points, or what ` +
          `chance allows: ${(100 * share).toFixed(1)} ± ${(100 * error).toFixed(1)} %`,
        holds: Math.abs(share - nominal) <= Math.max(ALLOWED.interval, 3 * error),
      });
    }
  return claims;
}
