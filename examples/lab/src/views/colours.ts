// Colours as the style sheet has them, for canvases.

const NAMES = ["text", "faint", "grid", "truth", "data", "estimate", "band", "accent"] as const;
export type Colours = Record<(typeof NAMES)[number], string>;

export function coloursNow(): Colours {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()])) as Colours;
}

/** Of starting paths: told apart by lightness too, for people who do not see all colours. */
export function startColour(start: number): string {
  const hue = [205, 28, 145, 285, 350, 60][start % 6] as number;
  return `hsl(${hue} 70% ${[48, 55, 40, 60, 52, 42][start % 6]}%)`;
}

/** Calls back when the page turns dark or light. */
export function onColourChange(what: () => void): () => void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", what);
  return () => dark.removeEventListener("change", what);
}

/** Blue over white to red, for numbers from -1 to 1. */
export function diverging(value: number): [number, number, number] {
  const v = Math.max(-1, Math.min(1, Number.isNaN(value) ? 0 : value));
  const mix = (from: number, to: number): number => Math.round(from + (to - from) * Math.abs(v));
  return v < 0 ? [mix(245, 33), mix(245, 102), mix(245, 172)] : [mix(245, 178), mix(245, 24), mix(245, 43)];
}
