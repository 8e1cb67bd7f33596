// What leaves the page: data, results, and code that does the same.
import type { PreparedPath } from "./engine/protocol.js";
import { networkOf, networkOptionsOf, pairsOf, pathOptionsOf, weightsOf } from "./library-options.js";
import { optionsOf, readModel } from "./model-text.js";
import type { Session } from "./session.js";
import type { NetworkSettings, PathSettings, Settings } from "./settings.js";

export function settingsJson(settings: Settings): string {
  return `${JSON.stringify(settings, null, 2)}\n`;
}

/** As the lab reads it again: a column of times, and one per measured state; what was not measured is empty. */
export function dataCsv({ times, observed, states, values }: PreparedPath): string {
  const width = observed.length;
  const cell = (value: number): string => (Number.isNaN(value) ? "" : String(value));
  const rows = Array.from(times, (time, n) =>
    [time, ...Array.from(values.subarray(n * width, (n + 1) * width), cell)].join(","),
  );
  return [["time", ...observed.map((place) => states[place])].join(","), ...rows, ""].join("\n");
}

export function resultJson({ settings, outcome, certainty, climbers }: Session): string {
  const plain = (_: string, value: unknown): unknown => (value instanceof Float64Array ? Array.from(value) : value);
  const levels = climbers.map(({ modelPrecision, action, measurementError, modelError }) => ({
    modelPrecision,
    action,
    measurementError,
    modelError,
  }));
  return `${JSON.stringify({ settings, outcome, certainty, levels }, plain)}\n`;
}

/** A program that gives the same bits. */
export function snippetOf(settings: Settings): string {
  return settings.kind === "path" ? pathSnippet(settings) : networkSnippet(settings);
}

/** An object as one writes it: names without quotes, short ones in a line. */
function written(value: unknown, indent = ""): string {
  if (Array.isArray(value)) return `[${value.map((one) => written(one, indent)).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, one]) => `${name}: ${written(one, `${indent}  `)}`);
  const line = `{ ${fields.join(", ")} }`;
  if (line.length + indent.length < 100 && !line.includes("\n")) return line;
  return `{\n${fields.map((field) => `${indent}  ${field},\n`).join("")}${indent}}`;
}

/** The fields of an object, each in a line of its own. */
function fieldsOf(options: object): string {
  return Object.entries(options)
    .map(([name, one]) => `  ${name}: ${written(one, "  ")},\n`)
    .join("");
}

function pathSnippet(settings: PathSettings): string {
  let model: string;
  try {
    model = written(optionsOf(readModel(settings.model)));
  } catch {
    return "// The model is not right yet: see the message beside it.";
  }
  const { data, observed } = settings;
  const imports = ["anneal", "defineModel", "init"];
  const lines: string[] = [];
  if (data.from === "twin") {
    imports.push("twinExperiment");
    const { from: _, ...twin } = data;
    lines.push(`const { data } = twinExperiment({ model, ...${written({ ...twin, observed })} });`);
  } else {
    imports.push("observations", "readCsv");
    const columns = observed.map((state) => `${state}: table.column(${JSON.stringify(data.columns[state] ?? "")})`);
    const times =
      data.time === null
        ? `Float64Array.from({ length: table.rows }, (_, n) => n * ${data.timeStep})`
        : `table.column(${JSON.stringify(data.time)})`;
    lines.push(`const table = readCsv(await readFile(${JSON.stringify(data.name)}, "utf8"));`);
    lines.push(
      `const data = observations({ model, times: ${times}, timeStep: ${data.timeStep}, values: { ${columns.join(", ")} } });`,
    );
  }
  return `${data.from === "file" ? 'import { readFile } from "node:fs/promises";\n' : ""}import { ${imports.sort().join(", ")} } from "least-action";

await init();
const model = defineModel(${model});
${lines.join("\n")}
const run = await anneal({
  model,
  data,
  discretization: data.points % 2 === 1 ? "simpson-hermite" : "trapezoid",
${fieldsOf(pathOptionsOf(settings))}});
console.log(run.summary(), run.diagnose());
console.log(run.uncertainty().summary());
`;
}

function networkSnippet(settings: NetworkSettings): string {
  return `import { anneal, feedforward, init, networkTwin } from "least-action";

await init();
const model = feedforward(${written(networkOf(settings))});
const weights = model.randomWeights(${written(weightsOf(settings))});
const { pairs, fresh } = networkTwin({
  model,
  weights,
${fieldsOf(pairsOf(settings))}});
const run = await anneal({
  model,
  pairs,
${fieldsOf(networkOptionsOf(settings))}});
console.log(run.summary(), run.diagnose());
console.log(run.predictionError(fresh));
`;
}
