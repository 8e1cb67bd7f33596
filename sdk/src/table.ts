// Tables of text.

/** Rows under heads, columns as wide as they need to be; numbers to the right, the columns of `text` to the left. */
export function tableOf(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  text: readonly number[],
): string {
  const widths = heads.map((head, k) => Math.max(head.length, ...rows.map((row) => (row[k] as string).length)));
  const laid = (row: readonly string[]): string =>
    row
      .map((cell, k) => (text.includes(k) ? cell.padEnd(widths[k] as number) : cell.padStart(widths[k] as number)))
      .join("  ");
  return [heads, ...rows].map((row) => laid(row).trimEnd()).join("\n");
}
