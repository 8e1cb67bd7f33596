// Translation of formulas to text: subexpressions that are used in several places get a name of
// their own, and sites of a vector that follow one rule get one equation.
import { childrenOf, type ComponentNode, type Node } from "./node.js";
import { absolute, print, printDefinition } from "./print.js";
import { inOneText } from "./sites.js";

/** Formula together with the field of the options that it comes from. */
export interface Formula {
  /** Field of the options, for errors: `equations.V`. */
  readonly path: string;
  /** Name that the formula defines: a state, a vector, an observable or a named formula. */
  readonly name: string;
  /** Text as it was written, a node, or a node for each site of a vector. */
  readonly body: string | Node | readonly Node[];
}

/** All formulas of a model as text. */
export interface Lowered {
  /** Named formulas: those of the user, then those made for shared subexpressions. */
  where: { name: string; expression: string }[];
  /** Equations by state or vector; observables come last. */
  equations: { state: string; expression: string }[];
}

/**
 * Maximum depth of a formula. Deeper ones are cut into named parts, because this file and the
 * parser recurse through them.
 */
const DEEPEST = 100;
/**
 * Maximum depth of the formula of one site of a vector. It is larger, because cutting such a
 * formula would give up the equation that all sites share.
 */
const DEEPEST_SITE = 1000;
/** Maximum number of nodes of the formula of one site when its repetitions are written out. */
const LONGEST_SITE = 1000;

/**
 * Number of the site that a node is used at, counted through all vectors. A node that is used
 * elsewhere or at several sites belongs to `NOBODY`.
 */
type Owner = number;
/** Owner of nodes that do not belong to one site alone. */
const NOBODY: Owner = -1;

/** Use of a node in the formulas of a model. */
interface Usage {
  /** Site that the node belongs to. */
  owner: Owner;
  /** Number of uses of the node. */
  uses: number;
  /** Field of the first formula that contains the node. */
  path: string;
}

/** Decision on which nodes get names of their own. */
interface Plan {
  /** Names of the nodes that are defined apart, operands first. */
  names: Map<Node, string>;
  /** Sites whose formulas are too long or too deep to be written out. */
  tooLong: Set<Owner>;
}

/**
 * Gives the texts of all formulas. `known` are names that the model has besides those of its
 * formulas.
 */
export function lower(
  where: readonly Formula[],
  equations: readonly Formula[],
  known: readonly string[],
): Lowered {
  const owners = ownersOf(equations);
  const usage = usageOf(where, equations, owners);
  const free = freeNames(where, equations, usage, known);
  // Sites that follow no common rule have an equation each. The loop ends when a round finds no
  // more of them.
  const apart = new Set<Formula>();
  for (;;) {
    const named = new Set([NOBODY, ...[...apart].flatMap((formula) => owners.get(formula) ?? [])]);
    const plan = planOf(where, usage, named, free);
    const texts = new Map<Formula, string>();
    const before = apart.size;
    for (const [formula, sites] of owners) {
      if (apart.has(formula)) continue;
      const isLong = sites.some((site) => plan.tooLong.has(site));
      const text = isLong
        ? undefined
        : inOneText(formula.body as readonly Node[], formula.path, plan.names);
      if (text === undefined) apart.add(formula);
      else texts.set(formula, text);
    }
    if (apart.size === before) return written(where, equations, usage, plan.names, texts);
  }
}

/** True if a formula has a node for each site of a vector. */
function isList(body: Formula["body"]): body is readonly Node[] {
  return Array.isArray(body);
}

/** Numbers the sites of all vectors that have a formula per site. */
function ownersOf(equations: readonly Formula[]): Map<Formula, Owner[]> {
  const owners = new Map<Formula, Owner[]>();
  let next = 0;
  for (const formula of equations) {
    if (isList(formula.body))
      owners.set(
        formula,
        formula.body.map(() => next++),
      );
  }
  return owners;
}

/** Counts the uses of every node and finds its owner, operands first. */
function usageOf(
  where: readonly Formula[],
  equations: readonly Formula[],
  owners: ReadonlyMap<Formula, readonly Owner[]>,
): Map<Node, Usage> {
  const met = new Map<Node, Usage>();
  const done: Node[] = [];
  for (const formula of [...where, ...equations]) {
    const { body, path } = formula;
    if (typeof body === "string") continue;
    const roots = isList(body) ? body : [body];
    roots.forEach((root, i) => visit(root, owners.get(formula)?.[i] ?? NOBODY, path));
  }
  return new Map(done.map((node) => [node, met.get(node) as Usage]));

  // Without recursion: a sum of thousands of terms is as deep as it is long.
  function visit(root: Node, owner: Owner, path: string): void {
    const stack: { node: Node; isDone: boolean }[] = [{ node: root, isDone: false }];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      const { node, isDone } = top;
      const usage = met.get(node);
      if (isDone) {
        done.push(node);
      } else if (usage === undefined) {
        met.set(node, { owner, uses: 1, path });
        stack.push({ node, isDone: true });
        for (const child of [...childrenOf(node)].reverse())
          stack.push({ node: child, isDone: false });
      } else {
        usage.uses += 1;
        if (usage.owner !== owner) disown(node);
      }
    }
  }

  function disown(root: Node): void {
    const stack = [root];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      const usage = met.get(node) as Usage;
      if (usage.owner === NOBODY) continue;
      usage.owner = NOBODY;
      stack.push(...childrenOf(node));
    }
  }
}

/**
 * Names the nodes that are used several times or would be too deep, as far as their owner is among
 * `named`.
 */
function planOf(
  where: readonly Formula[],
  usage: ReadonlyMap<Node, Usage>,
  named: ReadonlySet<Owner>,
  free: (count: number) => string,
): Plan {
  const own = new Map(where.map(({ body, name }) => [body, name]));
  const names = new Map<Node, string>();
  const tooLong = new Set<Owner>();
  const repeats = new Set<Owner>();
  const sizes = new Map<Node, Size>();
  let count = 0;
  for (const [node, { owner, uses }] of usage) {
    const size = sizeOf(node, sizes);
    sizes.set(node, size);
    if (size.height === 0) continue;
    if (named.has(owner)) {
      if (size.hasIndex || (uses === 1 && size.height <= DEEPEST)) continue;
      names.set(node, own.get(node) ?? free(count++));
      sizes.set(node, { height: 0, length: 1, hasIndex: false });
    } else {
      if (uses > 1) repeats.add(owner);
      if (size.height > DEEPEST_SITE || (size.length > LONGEST_SITE && repeats.has(owner)))
        tooLong.add(owner);
    }
  }
  return { names, tooLong };
}

/** Size of the text of a node. */
interface Size {
  /** Depth of the tree below the node; 0 for one without operands or one that has a name. */
  height: number;
  /** Number of nodes when repetitions are written out. */
  length: number;
  /**
   * True if the text contains the index `i`, which only has a meaning within the equation of a
   * vector.
   */
  hasIndex: boolean;
}

/** Gives the size of the text of a node, from the sizes of its operands. */
function sizeOf(node: Node, sizes: ReadonlyMap<Node, Size>): Size {
  const children = childrenOf(node).map((child) => sizes.get(child) as Size);
  return {
    height: children.reduce((most, { height }) => Math.max(most, height + 1), 0),
    length: children.reduce((sum, { length }) => sum + length, 1),
    hasIndex:
      children.some(({ hasIndex }) => hasIndex) ||
      (node.kind === "text" && node.pieces.some(saysIndex)),
  };
}

/** True if a text contains the index `i`. */
function saysIndex(piece: string | Node): boolean {
  return typeof piece === "string" && /\bi\b/u.test(piece);
}

/**
 * Gives a function that makes names which occur nowhere in the model: neither as names nor within a
 * text.
 */
function freeNames(
  where: readonly Formula[],
  equations: readonly Formula[],
  usage: ReadonlyMap<Node, Usage>,
  known: readonly string[],
): (count: number) => string {
  const texts: string[] = [...known];
  for (const { name, body } of [...where, ...equations])
    texts.push(name, typeof body === "string" ? body : "");
  for (const node of usage.keys()) {
    if (node.kind === "name") texts.push(node.name);
    if (node.kind === "text")
      texts.push(...node.pieces.filter((piece) => typeof piece === "string"));
  }
  const taken = new Set(texts.flatMap((text) => text.match(/shared\w*/giu) ?? []));
  let prefix = "shared";
  while ([...taken].some((name) => name.startsWith(prefix))) prefix += "_";
  return (count) => `${prefix}${count + 1}`;
}

/** Prints all formulas, with the names of the plan and the common texts of vectors. */
function written(
  where: readonly Formula[],
  equations: readonly Formula[],
  usage: ReadonlyMap<Node, Usage>,
  names: ReadonlyMap<Node, string>,
  texts: ReadonlyMap<Formula, string>,
): Lowered {
  const printing = (path: string) => ({
    path,
    names,
    component: absolute as (node: ComponentNode) => string,
  });
  const own = new Set(where.map(({ name }) => name));
  const lowered: Lowered = { where: [], equations: [] };
  for (const { path, name, body } of where) {
    const node = body as string | Node;
    const text =
      typeof node === "string"
        ? node
        : (names.get(node) === name ? printDefinition : print)(node, printing(path));
    lowered.where.push({ name, expression: text });
  }
  for (const [node, name] of names) {
    if (own.has(name)) continue;
    const { path } = usage.get(node) as Usage;
    lowered.where.push({ name, expression: printDefinition(node, printing(path)) });
  }
  for (const formula of equations) {
    const { path, name, body } = formula;
    const text = typeof body === "string" ? body : texts.get(formula);
    if (text !== undefined) lowered.equations.push({ state: name, expression: text });
    else if (isList(body)) {
      body.forEach((node, i) =>
        lowered.equations.push({
          state: `${name}${i}`,
          expression: print(node, printing(`${path}[${i}]`)),
        }),
      );
    } else lowered.equations.push({ state: name, expression: print(body as Node, printing(path)) });
  }
  return lowered;
}
