// Formulas as trees of plain data. A node that is used in several places is one object, so that
// shared subexpressions are recognised by identity.

/** Arithmetic operator of two operands. */
export type ArithmeticOperator = "+" | "-" | "*" | "/" | "^";
/** Comparison operator of two operands. */
export type Comparison = "<" | "<=" | ">" | ">=" | "==";

/**
 * Component of a vector of states, with the index that was asked for. The index is cyclic: -1 is
 * the last component.
 */
export interface ComponentNode {
  readonly kind: "component";
  readonly vector: string;
  readonly size: number;
  readonly index: number;
}

/** Node of a formula. */
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

/** Gives the operands of a node, in the order in which they are written. */
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

/** Reduces a cyclic `index` to the range from 0 to `size` - 1. */
export function onRing(index: number, size: number): number {
  return ((index % size) + size) % size;
}
