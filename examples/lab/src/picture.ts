// Pictures of a view, saved as they are on the page with the text beside them.

const MARGIN = 8;

/** The picture of a view; null where it has none. */
export function pictureOf(view: Element): HTMLCanvasElement | null {
  const all = <E extends Element>(what: string): E[] => [...view.querySelectorAll<E>(what)];
  const pictures = all<HTMLCanvasElement>("canvas").filter(({ width }) => width > 0);
  if (pictures.length === 0) return null;
  const legend = all(".legend li");
  const captions = all("figcaption");
  const places = [...legend, ...captions, ...pictures].map((one) => one.getBoundingClientRect());
  const left = Math.min(...places.map((place) => place.left)) - MARGIN;
  const top = Math.min(...places.map((place) => place.top)) - MARGIN;
  const sheet = document.createElement("canvas");
  sheet.width = Math.ceil(
    (Math.max(...places.map((place) => place.right)) + MARGIN - left) * devicePixelRatio,
  );
  sheet.height = Math.ceil(
    (Math.max(...places.map((place) => place.bottom)) + MARGIN - top) * devicePixelRatio,
  );
  const context = sheet.getContext("2d") as CanvasRenderingContext2D;
  context.scale(devicePixelRatio, devicePixelRatio);
  context.translate(-left, -top);
  const { backgroundColor, color } = getComputedStyle(document.body);
  context.fillStyle = backgroundColor;
  context.fillRect(left, top, sheet.width, sheet.height);
  context.textBaseline = "middle";
  const write = (one: Element, indent = 0): void => {
    const place = one.getBoundingClientRect();
    const { fontSize, fontFamily } = getComputedStyle(one);
    context.font = `${fontSize} ${fontFamily}`;
    context.fillStyle = color;
    context.fillText(one.textContent ?? "", place.left + indent, place.top + place.height / 2);
  };
  for (const item of legend) {
    // The mark before an item has the colour of its curve.
    const mark = getComputedStyle(item, "::before");
    const place = item.getBoundingClientRect();
    if (mark.display === "none") {
      write(item);
      continue;
    }
    const width = parseFloat(mark.width);
    context.strokeStyle = mark.borderTopColor;
    context.lineWidth = parseFloat(mark.borderTopWidth);
    context.setLineDash(mark.borderTopStyle === "solid" ? [] : [5, 4]);
    context.beginPath();
    context.moveTo(place.left, place.top + place.height / 2);
    context.lineTo(place.left + width, place.top + place.height / 2);
    context.stroke();
    write(item, width + parseFloat(mark.marginRight));
  }
  captions.forEach((one) => write(one));
  for (const one of pictures) {
    const place = one.getBoundingClientRect();
    context.drawImage(one, place.left, place.top, place.width, place.height);
  }
  return sheet;
}
