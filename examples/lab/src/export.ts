// Exports: data, results, and a program that does the same as the lab.
import type { PreparedPath } from "./engine/protocol.js";
import { isNpy } from "./files.js";
import {
  EVEN,
  networkOf,
  networkOptionsOf,
  ODD,
  pairsOf,
  pathOptionsOf,
  weightsOf,
} from "./library-options.js";
import { optionsOf, readModel } from "./model-text.js";
import type { Session } from "./session.js";
import { type NetworkSettings, own, type PathSettings, type Settings } from "./settings.js";

export function settingsJson(settings: Settings): string {
  return `${JSON.stringify(settings, null, 2)}\n`;
}

/**
 * Data as CSV that the lab can read again: a column of times and one per measured state. Cells
 * without a measurement are empty.
 */
export function dataCsv({ times, observed, states, values }: PreparedPath): string {
  const width = observed.length;
  const cell = (value: number): string => (Number.isNaN(value) ? "" : String(value));
  const rows = Array.from(times, (time, n) =>
    [time, ...Array.from(values.subarray(n * width, (n + 1) * width), cell)].join(","),
  );
  return [["time", ...observed.map((place) => states[place])].join(","), ...rows, ""].join("\n");
}

export function resultJson({ settings, outcome, certainty, climbers }: Session): string {
  const plain = (_: string, value: unknown): unknown =>
    value instanceof Float64Array ? Array.from(value) : value;
  const levels = climbers.map(({ modelPrecision, action, measurementError, modelError }) => ({
    modelPrecision,
    action,
    measurementError,
    modelError,
  }));
  return `${JSON.stringify({ settings, outcome, certainty, levels }, plain)}\n`;
}

/** TypeScript program that gives the same bits as a run of these settings. */
export function snippetOf(settings: Settings): string {
  return settings.kind === "path" ? pathSnippet(settings) : networkSnippet(settings);
}

/** Source text of a field's name: quoted where it is not a plain one, and safe from prototypes. */
function key(name: string): string {
  if (name === "__proto__") return '["__proto__"]';
  return /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
}

/** Source text of an object: names without quotes, short objects on one line. */
function written(value: unknown, indent = ""): string {
  // JSON has no word for the open end of a bound.
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return `[${value.map((one) => written(one, indent)).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(
    ([name, one]) => `${key(name)}: ${written(one, `${indent}  `)}`,
  );
  const line = `{ ${fields.join(", ")} }`;
  if (line.length + indent.length < 100 && !line.includes("\n")) return line;
  return `{\n${fields.map((field) => `${indent}  ${field},\n`).join("")}${indent}}`;
}

/** Source text of an object's fields, one per line. */
function fieldsOf(options: object): string {
  return Object.entries(options)
    .map(([name, one]) => `  ${key(name)}: ${written(one, "  ")},\n`)
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
    const { reader, reading, rows, column } = readingOf(data.name);
    imports.push("observations", reader);
    const chosen = observed.map((state) => own(data.columns, state) ?? "");
    if (chosen.includes(""))
      return "// It is not said yet which columns measure what: see the message above.";
    const values = `{ observed: ${written(observed)}, values: [${chosen.map(column).join(", ")}] }`;
    const times =
      data.time === null
        ? `Float64Array.from({ length: ${rows} }, (_, n) => n * ${data.timeStep})`
        : column(data.time);
    lines.push(...reading);
    lines.push(
      `const data = observations({ model, times: ${times}, ` +
        `timeStep: ${data.timeStep}, values: ${values} });`,
    );
  }
  const readFile = data.from === "file" ? 'import { readFile } from "node:fs/promises";\n' : "";
  return `${readFile}import { ${imports.sort().join(", ")} } from "least-action";

await init();
const model = defineModel(${model});
${lines.join("\n")}
const run = await anneal({
  model,
  data,
  discretization: data.points % 2 === 1 ? "${ODD}" : "${EVEN}",
${fieldsOf(pathOptionsOf(settings))}});
console.log(run.diagnose());
console.log(run.summary());
const certain = run.uncertainty();
console.log(certain.diagnose());
console.log(certain.summary());
`;
}

/** Source text that reads a file, with expressions for its number of rows and for a column. */
function readingOf(name: string): {
  reader: string;
  reading: string[];
  rows: string;
  column: (name: string) => string;
} {
  const quoted = JSON.stringify(name);
  if (!isNpy({ name })) {
    const reading = [`const table = readCsv(await readFile(${quoted}, "utf8"));`];
    return {
      reader: "readCsv",
      reading,
      rows: "table.rows",
      column: (one) => `table.column(${JSON.stringify(one)})`,
    };
  }
  const reading = [
    `const { shape, values } = readNpy(await readFile(${quoted}));`,
    "const [rows = 0, width = 1] = shape;",
    "const column = (k: number) => " +
      "Float64Array.from({ length: rows }, (_, n) => values[n * width + k] ?? NaN);",
  ];
  return { reader: "readNpy", reading, rows: "rows", column: (one) => `column(${Number(one)})` };
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
console.log(run.diagnose());
console.log(run.summary());
console.log(run.predictionError(fresh));
`;
}
