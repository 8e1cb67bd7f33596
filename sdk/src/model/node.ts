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
  /** Kind of the node. */
  readonly kind: "component";
  /** Name of the vector. */
  readonly vector: string;
  /** Number of components of the vector. */
  readonly size: number;
  /** Index that was asked for, which may lie outside of the vector. */
  readonly index: number;
}

/** Node of a formula. */
export type Node =
  /** Number. */
  | { readonly kind: "number"; readonly value: number }
  /** Name of a state, a parameter, an input or a named formula. */
  | { readonly kind: "name"; readonly name: string }
  /** Component of a vector. */
  | ComponentNode
  /** Negative of a node. */
  | { readonly kind: "negation"; readonly of: Node }
  /** Arithmetic operator with two operands. */
  | {
      readonly kind: "binary";
      readonly operator: ArithmeticOperator;
      readonly left: Node;
      readonly right: Node;
    }
  /** Comparison of two operands. */
  | {
      readonly kind: "comparison";
      readonly operator: Comparison;
      readonly left: Node;
      readonly right: Node;
    }
  /** Function with its arguments. */
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
