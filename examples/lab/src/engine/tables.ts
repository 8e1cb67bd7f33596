// Data files: CSV as text, NPY as bytes.
import { type CsvTable, LeastActionError, type readCsv, type readNpy } from "least-action/slim";
import { isNpy } from "../files.js";
import { listed, SettingsError } from "../settings.js";
import type { FileTable } from "./protocol.js";

/** An opened file with its columns. */
export interface OpenTable extends FileTable {
  /** Values of a column; NaN where a cell holds no number. */
  column(name: string): Float64Array;
}

/** Number of rows that the user is shown of a file. */
const HEAD = 5;

const REMEDY = "The lab reads CSV: a line of names, then a line of numbers per time.";

/** The table in a file. A `.npy` file has one column, or one per component, named by its number. */
export function tableOf(
  name: string,
  bytes: ArrayBuffer,
  read: { readCsv: typeof readCsv; readNpy: typeof readNpy },
): OpenTable {
  // The kind of the file is taken from its name, as the exported program knows nothing else.
  const isArray = hasNpyMagic(bytes);
  if (isArray !== isNpy({ name })) {
    const [is, ending] = isArray
      ? ["is", "ends otherwise; rename it"]
      : ["is not", "ends so; save it again"];
    throw new SettingsError(`${name}: ${is} NumPy's .npy by what is in it, but its name ${ending}`);
  }
  const table = isArray
    ? npyOf(name, bytes, read.readNpy)
    : csvOf(name, textOf(name, bytes), read.readCsv);
  if (table.rows < 2)
    throw new SettingsError(`${name}: has ${table.rows} rows of data; a path needs at least 2`);
  const columns: string[] = [];
  const steps: OpenTable["steps"] = {};
  const head = Array.from({ length: Math.min(HEAD, table.rows) }, (): number[] => []);
  for (const column of table.columns) {
    const numbers = numbersOf(table, column);
    if (numbers === undefined) continue;
    columns.push(column);
    head.forEach((row, n) => row.push(numbers[n] as number));
    const step = leastStep(numbers);
    if (step !== undefined) steps[column] = step;
  }
  if (columns.length === 0) {
    throw new SettingsError(
      `${name}: no column has numbers only (columns: ${listed(table.columns)}). ${REMEDY}`,
    );
  }
  return {
    name,
    columns,
    others: table.columns.filter((column) => !columns.includes(column)),
    rows: table.rows,
    head,
    steps,
    column: (column) => table.column(column),
  };
}

/**
 * Smallest step of the times, without the last digits, which are rounding. Undefined if the times
 * are not in order.
 */
function leastStep(times: Float64Array): number | undefined {
  let least = Infinity;
  for (let n = 1; n < times.length; n += 1) {
    const step = (times[n] as number) - (times[n - 1] as number);
    if (!(step > 0)) return undefined;
    if (step < least) least = step;
  }
  return Number.isFinite(least) ? Number(least.toPrecision(12)) : undefined;
}

function csvOf(name: string, text: string, read: typeof readCsv): CsvTable {
  return named(name, REMEDY, () => read(text));
}

/** Calls `read`, and adds the file's name and a remedy to its errors. */
function named<T>(name: string, remedy: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof LeastActionError)) throw error;
    throw new SettingsError(
      `${name}: ${error.message.replace(/^(csv|npy): /, "")}. ${remedy}`.trim(),
    );
  }
}

/** Numbers of a column; undefined if it holds something else, or nothing. */
function numbersOf(table: CsvTable, column: string): Float64Array | undefined {
  try {
    const numbers = table.column(column);
    return numbers.some(Number.isFinite) ? numbers : undefined;
  } catch {
    return undefined;
  }
}

function hasNpyMagic(bytes: ArrayBuffer): boolean {
  const magic = new Uint8Array(bytes, 0, Math.min(6, bytes.byteLength));
  return (
    magic.length === 6 && magic[0] === 0x93 && String.fromCharCode(...magic.subarray(1)) === "NUMPY"
  );
}

function textOf(name: string, bytes: ArrayBuffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new SettingsError(
      `${name}: is neither text nor NumPy's .npy; save it as CSV, with commas and a line of names`,
    );
  }
}

function npyOf(name: string, bytes: ArrayBuffer, read: typeof readNpy): CsvTable {
  const { shape, values } = named(name, "", () => read(bytes));
  const [rows = 0, width = 1] = shape;
  if (shape.length < 1 || shape.length > 2)
    throw new SettingsError(
      `${name}: has ${shape.length} dimensions; a path is times x components`,
    );
  if (width > rows) {
    throw new SettingsError(
      `${name}: has ${rows} rows and ${width} columns, and each row is to be a time: ` +
        "transpose it (in NumPy .T), or, if times are that few, save it as CSV",
    );
  }
  const columns = Array.from({ length: width }, (_, k) => String(k));
  const column = (wanted: string): Float64Array =>
    Float64Array.from({ length: rows }, (_, n) => values[n * width + Number(wanted)] as number);
  return { columns, rows, column };
}
