/**
 * npm run demo: runs the examples that take a minute or less, prints what they found and writes
 * their pictures. npm run demo -- lynx-hare: only that one. npm run demo -- all: the longer ones as
 * well. Options of an example follow its name: npm run demo -- verdicts --twins 100.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { abarbanel2018Twin } from "./abarbanel-2018-twin/index.js";
import { bars } from "./bars/index.js";
import { digits } from "./digits/index.js";
import { doses } from "./doses/index.js";
import { doublePendulum } from "./double-pendulum/index.js";
import { howCertain } from "./how-certain/index.js";
import { limits } from "./limits/index.js";
import { lorenz96Twin } from "./lorenz96-twin/index.js";
import { lynxHare } from "./lynx-hare/index.js";
import { lynxHarePosterior } from "./lynx-hare-posterior/index.js";
import { mechanicsLorenz } from "./mechanics-lorenz/index.js";
import { mechanicsNetwork } from "./mechanics-network/index.js";
import { mechanicsOrbits } from "./mechanics-orbits/index.js";
import { mechanicsPaths } from "./mechanics-paths/index.js";
import { observabilityExample } from "./observability/index.js";
import { recurrent } from "./recurrent/index.js";
import { heading } from "./terminal.js";
import { unknownNoise } from "./unknown-noise/index.js";
import { verdicts } from "./verdicts/index.js";

const short = {
  "lorenz96-twin": lorenz96Twin,
  "lynx-hare": lynxHare,
  "lynx-hare-posterior": lynxHarePosterior,
  doses,
  limits,
  bars,
  "mechanics-orbits": mechanicsOrbits,
  "mechanics-paths": mechanicsPaths,
  "mechanics-network": mechanicsNetwork,
};
/** Examples that take minutes each. */
const long = {
  "double-pendulum": doublePendulum,
  observability: observabilityExample,
  "how-certain": howCertain,
  "mechanics-lorenz": mechanicsLorenz,
  "unknown-noise": unknownNoise,
  recurrent,
  digits,
  "abarbanel-2018-twin": abarbanel2018Twin,
  verdicts,
};
const examples = { ...short, ...long };
type Name = keyof typeof examples;
const isName = (text: string): text is Name => text in examples;

const given: string[] = [];
const options: Record<string, string> = {};
for (let k = 2; k < process.argv.length; k++) {
  const word = process.argv[k] as string;
  if (word.startsWith("--")) options[word.slice(2)] = process.argv[++k] ?? "";
  else given.push(word);
}
const asked = given.includes("all") ? Object.keys(examples) : given;
const unknown = asked.filter((text) => !isName(text));
if (unknown.length > 0) {
  console.error(
    `There is no example called ${unknown.join(", ")}. There are: ` +
      `${Object.keys(examples).join(", ")}, all.`,
  );
  process.exit(2);
}
const names = asked.length > 0 ? asked.filter(isName) : Object.keys(short).filter(isName);

// The first Ctrl-C stops the annealing, which then still reports what it has; the second ends the
// program at once.
const controller = new AbortController();
process.once("SIGINT", () => controller.abort());

const output = new URL("output/", import.meta.url);
await mkdir(output, { recursive: true });
const began = performance.now();
const written: string[] = [];
const failed: string[] = [];
for (const name of names) {
  if (controller.signal.aborted) break;
  const outcome = await unlessAborted(examples[name]({ signal: controller.signal, options }));
  if (outcome === undefined) break;
  const { pictures, checks } = outcome;
  for (const [file, svg] of Object.entries(pictures)) {
    const url = new URL(file, output);
    await writeFile(url, svg);
    written.push(relative(process.cwd(), fileURLToPath(url)));
  }
  console.log("");
  for (const { claim, holds } of checks) {
    console.log(`${holds ? "yes" : " NO"}  ${claim}`);
    if (!holds) failed.push(`${name}: ${claim}`);
  }
}

/**
 * The promise's value, or undefined if it was interrupted before the first rung, when there is
 * nothing to report. Rejects with any other failure.
 */
async function unlessAborted<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (controller.signal.aborted) return undefined;
    throw error;
  }
}

heading(`Done in ${((performance.now() - began) / 1000).toFixed(0)} s`);
if (controller.signal.aborted) console.log("Interrupted: this is as much as was done.");
else if (failed.length > 0) console.log(`Not as it should be:\n  ${failed.join("\n  ")}`);
if (written.length > 0) console.log(`Pictures, for any browser: ${written.join(", ")}`);
process.exitCode = controller.signal.aborted ? 130 : failed.length > 0 ? 1 : 0;
