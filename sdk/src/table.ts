// Tables in plain text.

/**
 * Prints rows below their heads as plain text. The columns in `texts` are aligned to the left,
 * those of numbers to the right.
 */
export function tableOf(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  texts: readonly string[],
): string {
  const widths = heads.map((head, k) =>
    Math.max(head.length, ...rows.map((row) => (row[k] as string).length)),
  );
  const laid = (row: readonly string[]): string =>
    row
      .map((cell, k) => {
        const width = widths[k] as number;
        return texts.includes(heads[k] as string) ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ");
  return [heads, ...rows].map((row) => laid(row).trimEnd()).join("\n");
}
