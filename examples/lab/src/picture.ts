// The pictures of a view, one below the other, with what is said beside them on the page.

const FONT = 12;
const MARGIN = 8;

/** Null where the view has no picture. */
export function pictureOf(view: Element): HTMLCanvasElement | null {
  const all = [...view.querySelectorAll<HTMLCanvasElement>("canvas")].filter(({ width }) => width > 0);
  if (all.length === 0) return null;
  const line = Math.round(1.6 * FONT * devicePixelRatio);
  const margin = MARGIN * devicePixelRatio;
  const legend = [...view.querySelectorAll<HTMLElement>(".legend li")];
  const sheet = document.createElement("canvas");
  sheet.width = Math.max(...all.map(({ width }) => width)) + 2 * margin;
  sheet.height = all.reduce((sum, { height }) => sum + line + height, 2 * margin + (legend.length > 0 ? line : 0));
  const context = sheet.getContext("2d") as CanvasRenderingContext2D;
  const { backgroundColor, color } = getComputedStyle(document.body);
  context.fillStyle = backgroundColor;
  context.fillRect(0, 0, sheet.width, sheet.height);
  context.font = `${FONT * devicePixelRatio}px system-ui`;
  context.textBaseline = "middle";
  let top = margin;
  let left = margin;
  for (const item of legend) {
    const words = item.textContent ?? "";
    // The mark before an item is drawn by its style, in the colour of the curves.
    context.fillStyle = getComputedStyle(item, "::before").borderTopColor;
    context.fillRect(left, top + 0.4 * line, line, 0.2 * line);
    context.fillStyle = color;
    context.fillText(words, left + 1.3 * line, top + 0.5 * line);
    left += 2 * line + context.measureText(words).width;
  }
  if (legend.length > 0) top += line;
  context.fillStyle = color;
  for (const one of all) {
    const caption = one.closest("figure")?.querySelector("figcaption")?.textContent ?? "";
    context.fillText(caption, margin, top + 0.5 * line);
    context.drawImage(one, margin, top + line);
    top += line + one.height;
  }
  return sheet;
}
