// Types of a model's definition: the names in it, and the arguments of formulas written as
// functions.
import type { Expression } from "./expression.js";
import type { Functions } from "./functions.js";
import type { Vector, VectorExpression } from "./vector.js";

/**
 * Declaration of a state: its unit, such as `"mV"`, or 1 for none; an object with unit, initial
 * value and whether it is positive; or a {@link vector}.
 */
export type StateDeclaration =
  | string
  | 1
  | {
      /** Unit of the state, such as `"mV"`; 1 for none. Default: none. */
      readonly unit?: string | 1;
      /** Initial value of the state in twin experiments. Default: 0. */
      readonly initial?: number;
      /**
       * True for a state that is positive at all times, such as a population or a concentration.
       * Its path is then estimated by its logarithm, so that it stays positive. Default: false.
       */
      readonly positive?: boolean;
    }
  | Vector;

/**
 * Declarations of all states: a list of names and vectors, an object of declarations by name, or
 * one vector.
 */
export type StateDeclarations =
  readonly (string | Vector)[] | Vector | { readonly [name: string]: StateDeclaration };

/**
 * Declaration of a parameter: its default value, or an object with default, unit and description.
 */
export type ParameterDeclaration =
  | number
  | {
      /** Value that is used where none is given. */
      readonly default: number;
      /** Unit of the parameter, such as `"mS/cm^2"`; 1 for none. Default: none. */
      readonly unit?: string | 1;
      /** Meaning of the parameter in words, for reports. Default: none. */
      readonly description?: string;
    };

/** Declarations of all parameters by name. */
export interface ParameterDeclarations {
  readonly [name: string]: ParameterDeclaration;
}

/** Name of an entry of a list of states. */
type NameOf<T> = T extends Vector<infer N> ? N : T extends string ? T : never;

/** Names of states as they were declared; a vector has one name. */
export type DeclaredNames<S> =
  S extends Vector<infer N> ? N : S extends readonly (infer T)[] ? NameOf<T> : keyof S & string;

/** Names of those states that are vectors. */
export type VectorNames<S> =
  S extends Vector<infer N>
    ? N
    : S extends readonly (infer T)[]
      ? T extends Vector<infer N>
        ? N
        : never
      : { [K in keyof S]: S[K] extends Vector ? K : never }[keyof S] & string;

/** Names of the components of a path; those of a vector `x` are `x0`, `x1` and so on. */
export type ComponentNames<S> =
  | Exclude<DeclaredNames<S>, VectorNames<S>>
  | (VectorNames<S> extends infer N extends string ? `${N}${number}` : never);

/** Formula in one of its forms: text of the model language, a number, or an expression. */
export type FormulaOf = string | number | Expression;

/** Names that formulas of a model may use, functions aside. */
type OwnNames<S, P, I extends string, W extends string> =
  DeclaredNames<S> | (keyof P & string) | I | W | "t" | "pi";

/**
 * Argument of a formula written as a function: the names of the model, `t`, `pi`, and the functions
 * of the model language.
 */
export type Scope<S, P, I extends string, W extends string> = {
  readonly [K in OwnNames<S, P, I, W> | keyof Functions]: K extends VectorNames<S>
    ? VectorExpression
    : K extends OwnNames<S, P, I, W>
      ? Expression
      : K extends keyof Functions
        ? Functions[K]
        : never;
};

/** Index of a site for equations of vectors; never for those of single states. */
type IndexOf<IsVector extends boolean> = IsVector extends true ? number : never;

/** Equation of one state, or of a vector, whose function is called for every site. */
type EquationOf<S, P, I extends string, W extends string, IsVector extends boolean> =
  FormulaOf | ((scope: Scope<S, P, I, W>, i: IndexOf<IsVector>) => FormulaOf);

/** Equations by state or vector. */
type EquationObject<S, P, I extends string, W extends string> = {
  readonly [K in DeclaredNames<S>]: EquationOf<S, P, I, W, K extends VectorNames<S> ? true : false>;
};

/**
 * Result of one function for all equations: for a state a formula; for a vector text, a formula for
 * each site, or a function of the index.
 */
type EquationResults<S> = {
  readonly [K in DeclaredNames<S>]: K extends VectorNames<S>
    ? string | Expression | readonly FormulaOf[] | ((i: number) => FormulaOf)
    : FormulaOf;
};

/**
 * Equations of a model: by state, or one function that gives all. Where the states are one vector,
 * its text or its function of the site may stand for all.
 */
// The type is conditional only where it depends on `S`: TypeScript would not infer the names in
// `where` from a function if the whole type were conditional.
export type Equations<S, P, I extends string, W extends string> =
  | EquationObject<S, P, I, W>
  | (S extends Vector ? string | Expression : never)
  | ((
      scope: Scope<S, P, I, W>,
      i: S extends Vector ? number : never,
    ) => S extends Vector ? FormulaOf : EquationResults<S>);

/** Named formulas: by name, or one function that gives all. */
export type Where<S, P, I extends string, W extends string> =
  | { readonly [K in W]: FormulaOf | ((scope: Scope<S, P, I, never>) => FormulaOf) }
  | ((scope: Scope<S, P, I, never>) => { readonly [K in W]: FormulaOf });

/**
 * Functions of the state that can be measured: formulas by name, or one function that gives all.
 */
export type Observables<S, P, I extends string, W extends string, O extends string = string> =
  | { readonly [K in O]: FormulaOf | ((scope: Scope<S, P, I, W>) => FormulaOf) }
  | ((scope: Scope<S, P, I, W>) => { readonly [K in O]: FormulaOf });

/** Initial state of forward integrations: numbers by state, or an array of all in order. */
export type InitialState<S> =
  | {
      readonly [K in DeclaredNames<S>]?: K extends VectorNames<S>
        ? number | readonly number[]
        : number;
    }
  | readonly number[];
