/**
 * Small grey images in a grid, each with a caption, such as the inputs of a network with its
 * outputs.
 */
import { colours, ink, toSvg, type Layer, type Plot, type Position } from "./style.js";

export interface Image {
  caption: string;
  /** Pixels, height x width, row-major, from 0 for white to 1 for black. */
  pixels: ArrayLike<number>;
  /** Set for a caption in the colour of errors. */
  wrong?: boolean;
}

export interface ImagesPicture {
  title: string;
  subtitle: string;
  /** Width of an image in pixels. */
  width: number;
  /** Number of images in a row of the picture. */
  columns: number;
  images: readonly Image[];
}

export async function drawImages({
  width,
  columns,
  images,
  ...picture
}: ImagesPicture): Promise<string> {
  const gap = width * 0.35;
  const height = (images[0]?.pixels.length ?? 0) / width;
  const placed = images.map((image, k) => ({
    ...image,
    left: (k % columns) * (width + gap),
    top: Math.floor(k / columns) * (height + 2 * gap) + gap,
  }));
  const pixels = placed.flatMap(({ pixels, left, top }) =>
    Array.from(pixels, (grey, p) => ({
      x: left + (p % width),
      y: top + Math.floor(p / width),
      x2: left + (p % width) + 1,
      y2: top + Math.floor(p / width) + 1,
      grey: Math.min(1, Math.max(0, grey)),
    })),
  );
  const captions = placed.map(({ caption, wrong, left, top }) => ({
    x: left + width / 2,
    y: top - gap * 0.25,
    text: caption,
    tint: wrong === true ? colours.data : ink.text,
  }));
  const size = {
    x: columns * (width + gap) - gap,
    y: Math.ceil(images.length / columns) * (height + 2 * gap),
  };
  const scale = Math.min(14, 900 / size.x);
  const axis = (field: "x" | "y", length: number): Position => ({
    field,
    type: "quantitative",
    axis: null,
    scale: { domain: [0, length], nice: false, reverse: field === "y" },
  });
  const [x, y] = [axis("x", size.x), axis("y", size.y)];
  const layer: Layer[] = [
    {
      // The paper is white, so a white pixel needs no rectangle.
      data: { values: pixels.filter(({ grey }) => grey >= 0.02) },
      mark: { type: "rect", aria: false },
      encoding: {
        x,
        y,
        x2: { field: "x2" },
        y2: { field: "y2" },
        color: {
          field: "grey",
          type: "quantitative",
          scale: { domain: [0, 1], range: ["white", ink.text] },
          legend: null,
        },
      },
    },
    {
      data: {
        values: placed.map(({ left, top }) => ({
          x: left,
          y: top,
          x2: left + width,
          y2: top + height,
        })),
      },
      mark: { type: "rect", filled: false, stroke: ink.line, strokeWidth: 0.6 },
      encoding: { x, y, x2: { field: "x2" }, y2: { field: "y2" } },
    },
    {
      data: { values: captions },
      mark: { type: "text", baseline: "bottom", fontSize: 11 },
      encoding: {
        x,
        y,
        text: { field: "text" },
        color: { field: "tint", type: "nominal", scale: null },
      },
    },
  ];
  const plot: Plot = {
    width: size.x * scale,
    height: size.y * scale,
    layer,
    resolve: { scale: { color: "independent" } },
  };
  return toSvg(picture, { hconcat: [plot] });
}
