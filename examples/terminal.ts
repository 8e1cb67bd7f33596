/** Output of the examples: tables on stdout, a progress bar on stderr. */
import { SingleBar } from "cli-progress";

export function heading(text: string): void {
  console.log(`\n${text}\n${"-".repeat(text.length)}`);
}

/**
 * Prints a table with aligned columns: the first, which names the rows, to the left, the others to
 * the right.
 */
export function table(columns: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = columns.map((column, i) =>
    Math.max(column.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  ");
  console.log(line(columns));
  for (const row of rows) console.log(line(row));
}

/**
 * Progress bar that counts rungs over all starting paths, or other units. It shows nothing where
 * stderr is not a terminal.
 */
export function progressBar(
  label: string,
  unit = "rungs",
): { update(done: number, total: number | null): void; stop(): void } {
  const bar = new SingleBar({
    stream: process.stderr,
    format:
      `${label} {bar} {percentage}% | {value} of {total} ${unit} | {duration_formatted}, ` +
      "{eta_formatted} to go",
    hideCursor: true,
    clearOnComplete: true,
  });
  return {
    update(done, total) {
      if (bar.isActive) bar.update(done);
      else bar.start(total ?? done, done);
    },
    stop() {
      bar.stop();
    },
  };
}
