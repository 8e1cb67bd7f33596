// What TypeScript makes of a model's definition: the names in it, and what a function of them gets.
import type { Expression } from "./expression.js";
import type { Functions } from "./functions.js";
import type { Vector, VectorExpression } from "./vector.js";

/** What is said of a state: its unit, 1 for none; or more; or that it is a vector. */
export type StateDeclaration =
  string | 1 | { readonly unit?: string | 1; readonly initial?: number } | Vector;

/** States: a list of names and vectors, an object of declarations by name, or one vector. */
export type StateDeclarations =
  readonly (string | Vector)[] | Vector | { readonly [name: string]: StateDeclaration };

/** A parameter: the value that is used where none is given, or more. */
export type ParameterDeclaration =
  number | { readonly default: number; readonly unit?: string | 1; readonly description?: string };

export interface ParameterDeclarations {
  readonly [name: string]: ParameterDeclaration;
}

type NameOf<T> = T extends Vector<infer N> ? N : T extends string ? T : never;

/** Names of states as they were declared; a vector has one. */
export type DeclaredNames<S> =
  S extends Vector<infer N> ? N : S extends readonly (infer T)[] ? NameOf<T> : keyof S & string;

/** Those that are vectors. */
export type VectorNames<S> =
  S extends Vector<infer N>
    ? N
    : S extends readonly (infer T)[]
      ? T extends Vector<infer N>
        ? N
        : never
      : { [K in keyof S]: S[K] extends Vector ? K : never }[keyof S] & string;

/** Names of the components of a path: those of a vector are numbered. */
export type ComponentNames<S> =
  | Exclude<DeclaredNames<S>, VectorNames<S>>
  | (VectorNames<S> extends infer N extends string ? `${N}${number}` : never);

/** What a formula may be: text, a number, or an expression. */
export type FormulaOf = string | number | Expression;

type OwnNames<S, P, I extends string, W extends string> =
  DeclaredNames<S> | (keyof P & string) | I | W | "t" | "pi";

/**
 * What a formula written as a function gets: the model's names, `t`, `pi`, and the functions of the
 * model language.
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

/** The index of a site where there are sites. */
type IndexOf<IsVector extends boolean> = IsVector extends true ? number : never;

/** An equation; as a function, that of a vector is called for every site. */
type EquationOf<S, P, I extends string, W extends string, IsVector extends boolean> =
  FormulaOf | ((scope: Scope<S, P, I, W>, i: IndexOf<IsVector>) => FormulaOf);

type EquationObject<S, P, I extends string, W extends string> = {
  readonly [K in DeclaredNames<S>]: EquationOf<S, P, I, W, K extends VectorNames<S> ? true : false>;
};

/**
 * What one function for all equations gives: for a vector text, a formula for each site, or a
 * function of the index.
 */
type EquationResults<S> = {
  readonly [K in DeclaredNames<S>]: K extends VectorNames<S>
    ? string | Expression | readonly FormulaOf[] | ((i: number) => FormulaOf)
    : FormulaOf;
};

/**
 * Equations: by state, or one function that gives all. Where the states are one vector, its text or
 * its function of the site.
 *
 * Conditional only where they are made of `S`: TypeScript would not infer the names in `where` from
 * a function if the whole were.
 */
export type Equations<S, P, I extends string, W extends string> =
  | EquationObject<S, P, I, W>
  | (S extends Vector ? string | Expression : never)
  | ((
      scope: Scope<S, P, I, W>,
      i: S extends Vector ? number : never,
    ) => S extends Vector ? FormulaOf : EquationResults<S>);

/** Definitions by name; or a function that gives them. */
export type Where<S, P, I extends string, W extends string> =
  | { readonly [K in W]: FormulaOf | ((scope: Scope<S, P, I, never>) => FormulaOf) }
  | ((scope: Scope<S, P, I, never>) => { readonly [K in W]: FormulaOf });

/** Functions of the state by name; or a function that gives them. */
export type Observables<S, P, I extends string, W extends string, O extends string = string> =
  | { readonly [K in O]: FormulaOf | ((scope: Scope<S, P, I, W>) => FormulaOf) }
  | ((scope: Scope<S, P, I, W>) => { readonly [K in O]: FormulaOf });

/** Where forward integrations begin: by state, or all in order. */
export type InitialState<S> =
  | {
      readonly [K in DeclaredNames<S>]?: K extends VectorNames<S>
        ? number | readonly number[]
        : number;
    }
  | readonly number[];
