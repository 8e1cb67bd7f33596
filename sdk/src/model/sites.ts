// One equation for all sites of a vector, where they follow one rule.
import { type ComponentNode, type Node, onRing } from "./node.js";
import { absolute, PLACEHOLDER, print } from "./print.js";

/**
 * Gives the text that holds at all sites, in terms of the index `i`; undefined if there is none.
 */
export function inOneText(
  sites: readonly Node[],
  path: string,
  names: ReadonlyMap<Node, string>,
): string | undefined {
  const columns: ComponentNode[][] = [];
  let common: string | undefined;
  for (const [site, node] of sites.entries()) {
    let column = 0;
    const component = (found: ComponentNode): string => {
      (columns[column++] ??= []).push(found);
      return PLACEHOLDER;
    };
    const text = print(node, { path: `${path}[${site}]`, names, component });
    common ??= text;
    if (text !== common) return undefined;
  }
  const components = columns.map((column) => atAnySite(column));
  if (components.some((component) => component === undefined)) return undefined;
  let next = 0;
  return common?.replaceAll(PLACEHOLDER, () => components[next++] as string);
}

/**
 * Writes the components that one place of a formula has at the sites as one text: at a common
 * distance from the site, or one component for all. Undefined if there is no such text.
 */
function atAnySite(column: readonly ComponentNode[]): string | undefined {
  const { vector, size } = column[0] as ComponentNode;
  if (column.some((one) => one.vector !== vector || one.size !== size)) return undefined;
  if (size === column.length) {
    const distance = commonDistance(column, size);
    if (distance === 0) return `${vector}[i]`;
    if (distance !== undefined)
      return `${vector}[i${distance < 0 ? "-" : "+"}${Math.abs(distance)}]`;
  }
  const texts = new Set(column.map(absolute));
  return texts.size === 1 ? [...texts][0] : undefined;
}

/**
 * Gives the distance of the components from their sites if it is common to all: by the indices that
 * were asked for, or by the shorter way round the ring.
 */
function commonDistance(column: readonly ComponentNode[], size: number): number | undefined {
  const [asked = 0, ...others] = column.map(({ index }, site) => index - site);
  if (Math.abs(asked) < size && others.every((one) => one === asked)) return asked;
  const [short = 0, ...rest] = column.map(({ index }, site) => {
    const forward = onRing(index - site, size);
    return forward > size / 2 ? forward - size : forward;
  });
  return rest.every((one) => one === short) ? short : undefined;
}
