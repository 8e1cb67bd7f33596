// Files of data: CSV as text, NPY as it is.
import { type CsvTable, LeastActionError, type readCsv, type readNpy } from "least-action/slim";
import { SettingsError } from "../settings.js";

/** A file of this many bytes is read in a few seconds; a longer one is probably not what was meant. */
export const MOST_BYTES = 64 * 1024 * 1024;

const REMEDY = "The lab reads CSV: a line of names, then a line of numbers per time.";

/** What a file says. `.npy` has one column, or one per component, which get numbers for names. */
export function tableOf(
  name: string,
  bytes: ArrayBuffer,
  read: { readCsv: typeof readCsv; readNpy: typeof readNpy },
): CsvTable {
  if (bytes.byteLength > MOST_BYTES) {
    throw new SettingsError(
      `${name}: has ${(bytes.byteLength / 2 ** 20).toFixed(0)} MB; at most ${MOST_BYTES / 2 ** 20} are read here. Leave out columns or rows, or use the library in Node.`,
    );
  }
  if (isNpy(bytes)) return npyOf(name, bytes, read.readNpy);
  const table = csvOf(name, textOf(name, bytes), read.readCsv);
  if (table.rows < 2) throw new SettingsError(`${name}: has ${table.rows} rows of data; a path needs at least 2`);
  const numeric = table.columns.filter((column) => isNumeric(table, column));
  if (numeric.length === 0) {
    throw new SettingsError(
      `${name}: no column has numbers only (columns: ${table.columns.slice(0, 8).join(", ")}). ${REMEDY}`,
    );
  }
  return { ...table, columns: numeric, column: (column) => table.column(column) };
}

function csvOf(name: string, text: string, read: typeof readCsv): CsvTable {
  try {
    return read(text);
  } catch (error) {
    if (!(error instanceof LeastActionError)) throw error;
    throw new SettingsError(`${name}: ${error.message.replace(/^csv: /, "")}. ${REMEDY}`);
  }
}

function isNumeric(table: CsvTable, column: string): boolean {
  try {
    return table.column(column).some(Number.isFinite);
  } catch {
    return false;
  }
}

function isNpy(bytes: ArrayBuffer): boolean {
  const magic = new Uint8Array(bytes, 0, Math.min(6, bytes.byteLength));
  return magic.length === 6 && magic[0] === 0x93 && String.fromCharCode(...magic.subarray(1)) === "NUMPY";
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
  const { shape, values } = read(bytes);
  const [rows, width] = [shape[0] as number, shape[1] ?? 1];
  if (shape.length > 2)
    throw new SettingsError(`${name}: has ${shape.length} dimensions; a path is times x components`);
  const columns = Array.from({ length: width }, (_, k) => String(k));
  const column = (wanted: string): Float64Array =>
    Float64Array.from({ length: rows }, (_, n) => values[n * width + Number(wanted)] as number);
  return { columns, rows, column };
}
