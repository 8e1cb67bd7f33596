// Colours of the style sheet, for use on canvases.

const NAMES = ["text", "faint", "grid", "truth", "data", "estimate", "band", "accent"] as const;
export type Colours = Record<(typeof NAMES)[number], string>;

export function coloursNow(): Colours {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(
    NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]),
  ) as Colours;
}

/**
 * Colour and line style of a starting path: six colours that can be seen on light and dark pages,
 * then the same ones with dashes.
 */
export function startLook(start: number): { colour: string; as: "line" | "dashes" } {
  const [hue, lightness] = START_COLOURS[start % START_COLOURS.length] as [number, number];
  const as = start % (2 * START_COLOURS.length) < START_COLOURS.length ? "line" : "dashes";
  return { colour: `hsl(${hue} 75% ${lightness}%)`, as };
}

/** Hue and lightness. All have a contrast of 3 or more with white and with the dark page. */
const START_COLOURS: [number, number][] = [
  [205, 46],
  [28, 41],
  [145, 30],
  [285, 64],
  [350, 54],
  [50, 33],
];

/** Calls back when the page turns dark or light. */
export function onColourChange(what: () => void): () => void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", what);
  return () => dark.removeEventListener("change", what);
}

/** Colour for a number from -1 to 1: blue over white to red. */
export function diverging(value: number): [number, number, number] {
  const v = Math.max(-1, Math.min(1, Number.isNaN(value) ? 0 : value));
  const mix = (from: number, to: number): number => Math.round(from + (to - from) * Math.abs(v));
  return v < 0
    ? [mix(245, 33), mix(245, 102), mix(245, 172)]
    : [mix(245, 178), mix(245, 24), mix(245, 43)];
}
