// A model as data: what crosses to Rust, and what files hold.

/** A state, or a vector of `size` states. */
export interface StateDefinition {
  readonly name: string;
  /** A vector of so many states: `x0`, `x1`, ... */
  readonly size?: number;
  readonly unit?: string;
  readonly description?: string;
  /** Where forward integrations begin; for a vector one for all or one for each. */
  readonly initial?: number | readonly number[];
}

export interface ParameterDefinition {
  readonly name: string;
  readonly default: number;
  readonly unit?: string;
  readonly description?: string;
}

/** A model as plain data: what `model.definition` gives and {@link modelFromJSON} takes. */
export interface ModelDefinition {
  readonly name?: string;
  /** `"flow"`: dx/dt = F(x); `"map"`: x_(n+1) = f(x_n). Default: `"flow"`. */
  readonly kind?: "flow" | "map";
  readonly states: readonly StateDefinition[];
  readonly inputs?: readonly string[];
  readonly parameters?: readonly ParameterDefinition[];
  /** Formulas that the others know by a name; in any order, without cycles. */
  readonly where?: readonly { readonly name: string; readonly expression: string }[];
  /** One for each state or vector. In a vector's, `i` is the index. */
  readonly equations: readonly { readonly state: string; readonly expression: string }[];
  /** Functions of the state that can be measured like states. */
  readonly observables?: readonly { readonly name: string; readonly expression: string }[];
  /** Time that twin experiments integrate before the data begin. */
  readonly spinUp?: number;
}
