// Formulas as trees of plain data. A node that is used in several places is one object: that is how
// sharing is seen.

export type ArithmeticOperator = "+" | "-" | "*" | "/" | "^";
export type Comparison = "<" | "<=" | ">" | ">=" | "==";

/**
 * A component of a vector, with its index as it was asked for: cyclic, so that -1 is the last one.
 */
export interface ComponentNode {
  readonly kind: "component";
  readonly vector: string;
  readonly size: number;
  readonly index: number;
}

export type Node =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "name"; readonly name: string }
  | ComponentNode
  | { readonly kind: "negation"; readonly of: Node }
  | {
      readonly kind: "binary";
      readonly operator: ArithmeticOperator;
      readonly left: Node;
      readonly right: Node;
    }
  | {
      readonly kind: "comparison";
      readonly operator: Comparison;
      readonly left: Node;
      readonly right: Node;
    }
  | { readonly kind: "call"; readonly name: string; readonly given: readonly Node[] }
  /** Text of the model language, as it was written, with nodes in between. */
  | { readonly kind: "text"; readonly pieces: readonly (string | Node)[] };

export function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case "number":
    case "name":
    case "component":
      return [];
    case "negation":
      return [node.of];
    case "binary":
    case "comparison":
      return [node.left, node.right];
    case "call":
      return node.given;
    case "text":
      return node.pieces.filter((piece) => typeof piece !== "string");
  }
}

/** `index` on a ring of `size` components. */
export function onRing(index: number, size: number): number {
  return ((index % size) + size) % size;
}
