// Tables of numbers from CSV files, read by papaparse.
import Papa from "papaparse";
import { LeastActionError, wrongShape } from "./errors.js";
import { describe } from "./shape.js";

/** Table that was read from CSV. */
export interface CsvTable {
  /** Names of the columns, from the header. */
  columns: string[];
  /** Number of lines of data. */
  rows: number;
  /**
   * Numbers of a column, one per row; NaN for an empty cell.
   *
   * @throws LeastActionError of code `unknownName` for a column that does not exist, and of code
   *   `unreadable` for a cell that is not a number.
   */
  column(name: string): Float64Array;
}

/** Options of {@link readCsv}. */
export interface CsvOptions {
  /** Separator of cells. Default: a comma. */
  delimiter?: string;
  /** Prefix of lines that are skipped. Default: `#`. */
  comments?: string;
}

// Decimal numbers as people and programs write them. Number() alone would also take "0x10" and "".
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * Reads CSV with a header line. Columns may hold text: only those that are asked for must be
 * numbers.
 *
 * @throws LeastActionError of code `unreadable` for a file without header or with rows of other
 *   lengths.
 *
 * @example
 * const table = readCsv("year,lynx\n1900,4.0\n1901,\n");
 * table.column("lynx"); // [4, NaN]
 */
export function readCsv(text: string, options: CsvOptions = {}): CsvTable {
  if (typeof text !== "string")
    throw wrongShape("csv", `must be the text of a file, got ${describe(text)}`);
  const { delimiter = ",", comments = "#" } = options;
  const { data, errors } = Papa.parse<string[]>(text, {
    delimiter,
    comments,
    skipEmptyLines: true,
  });
  // Rows of the parser begin with the header as 0, so they count the lines of data from 1.
  for (const { row, message } of errors) throw unreadable(`row ${row ?? 0}: ${message}`, row);
  const [header = [], ...rows] = data;
  const columns = header.map((name) => name.trim());
  checkHeader(columns);
  rows.forEach((cells, i) => {
    if (cells.length !== columns.length) {
      throw unreadable(
        `row ${i + 1}: ${cells.length} cells, but the header has ${columns.length}`,
        i + 1,
      );
    }
  });
  return {
    columns,
    rows: rows.length,
    column(name) {
      const index = columns.indexOf(name);
      if (index < 0) throw unknownColumn(name, columns);
      return Float64Array.from(rows, (cells, i) => cell(cells[index] as string, i + 1, name));
    },
  };
}

/** Checks that the header names every column once. */
function checkHeader(columns: string[]): void {
  if (columns.length === 0)
    throw unreadable("the file is empty; its first line must name the columns");
  columns.forEach((name, i) => {
    if (name === "") throw unreadable(`the header has no name for column ${i + 1}`);
    // A file without header would otherwise lose its first row in silence.
    if (NUMBER.test(name))
      throw unreadable(`the header is missing: its column ${i + 1} is the number ${name}`);
    if (columns.indexOf(name) !== i)
      throw unreadable(`the header names "${name}" twice`, undefined, name);
  });
}

/** Reads a cell as a number. */
function cell(text: string, row: number, column: string): number {
  const trimmed = text.trim();
  if (trimmed === "" || /^nan$/i.test(trimmed)) return Number.NaN;
  if (NUMBER.test(trimmed)) return Number(trimmed);
  throw unreadable(
    `row ${row}, column "${column}": ${describe(trimmed)} is not a number`,
    row,
    column,
  );
}

/** Makes the error for a column that does not exist. */
function unknownColumn(given: unknown, known: string[]): LeastActionError {
  const name = typeof given === "string" ? given : describe(given);
  const message = `csv: unknown column ${describe(given)} (known: ${known.join(", ")})`;
  return new LeastActionError(message, {
    code: "unknownName",
    path: "csv",
    name,
    nearest: known.find((column) => column.toLowerCase() === name.toLowerCase()) ?? null,
    known,
  });
}

/** Makes the error for a file that cannot be read. */
function unreadable(reason: string, row?: number, column?: string): LeastActionError {
  return new LeastActionError(`csv: ${reason}`, {
    code: "unreadable",
    path: "csv",
    reason,
    ...(row === undefined ? {} : { row }),
    ...(column === undefined ? {} : { column }),
  });
}
