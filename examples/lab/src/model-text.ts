// A model as a person types it, line by line:
//
//   x' = sigma*(y - x)     a state and its rate of change
//   sigma = 10             a parameter and its value
//   I = 10 + 5*sin(0.3*t)  a formula that others use
//   x(0) = 1               where a twin experiment begins
//   # a remark
import { defineModel, LeastActionError, type Model } from "least-action/slim";

export interface Line {
  name: string;
  expression: string;
  /** Line number, from 1. */
  line: number;
}

export interface ModelText {
  states: Line[];
  parameters: (Line & { value: number })[];
  where: Line[];
  initial: (Line & { value: number })[];
}

/** An error in the model's text, with its line. */
export class ModelTextError extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

const STATEMENT = /^([A-Za-z_]\w*)\s*('|\(\s*0\s*\))?\s*=(.*)$/;
const UNSIGNED = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/.source;
/** A number, or a quotient of two such as 8/3. */
const NUMBER = new RegExp(String.raw`^([+-]?${UNSIGNED})(?:\s*/\s*(${UNSIGNED}))?$`);

/** Parses the model's text. Throws a ModelTextError at the first wrong line. */
export function readModel(text: string): ModelText {
  return parse(text, (line, message) => {
    throw new ModelTextError(line, message);
  });
}

/** Parses the valid lines of a text that may be unfinished, and skips the others. */
export function outlineOf(text: string): ModelText {
  return parse(text, () => undefined);
}

function parse(text: string, fault: (line: number, message: string) => void): ModelText {
  const read: ModelText = { states: [], parameters: [], where: [], initial: [] };
  const seen = new Map<string, number>();
  text.split("\n").forEach((whole, k) => {
    const line = k + 1;
    const statement = whole.replace(/#.*/, "").trim();
    if (statement === "") return;
    const match = STATEMENT.exec(statement);
    if (match === null) {
      const remedy = "write x' = ... for a state, a = 1 for a parameter, or # before a remark";
      return fault(line, `"${statement}" is no equation: ${remedy}`);
    }
    const [, name = "", mark = "", right = ""] = match;
    const expression = right.trim();
    if (expression === "") return fault(line, `nothing follows "${name}${mark} ="`);
    const kind = mark.startsWith("(") ? `${name}(0)` : name;
    const before = seen.get(kind);
    if (before !== undefined) {
      return fault(
        line,
        `${kind} is already in line ${before}; give it another name, or take one of them out`,
      );
    }
    seen.set(kind, line);
    const value = numberOf(expression);
    if (mark === "'") read.states.push({ name, expression, line });
    else if (mark !== "") {
      if (value === undefined) return fault(line, `${kind} must be a number, got "${expression}"`);
      read.initial.push({ name, expression, line, value });
    } else if (value !== undefined) read.parameters.push({ name, expression, line, value });
    else read.where.push({ name, expression, line });
  });
  if (read.states.length === 0)
    fault(1, "there is no state yet: write an equation such as x' = a*x");
  for (const { name, line } of read.initial) {
    if (!read.states.some((state) => state.name === name)) {
      fault(line, `${name} is no state: there is no line ${name}' = ...`);
    }
  }
  return read;
}

function numberOf(text: string): number | undefined {
  const match = NUMBER.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) / Number(match[2] ?? 1);
}

/** Options of `defineModel`. */
export function optionsOf({ states, parameters, where, initial }: ModelText) {
  const texts = (lines: Line[]): Record<string, string> =>
    Object.fromEntries(lines.map(({ name, expression }) => [name, expression]));
  const values = (lines: (Line & { value: number })[]): Record<string, number> =>
    Object.fromEntries(lines.map(({ name, value }) => [name, value]));
  return {
    states: states.map(({ name }) => name),
    parameters: values(parameters),
    ...(where.length > 0 && { where: texts(where) }),
    equations: texts(states),
    ...(initial.length > 0 && { initialState: values(initial) }),
  };
}

/** The model of a text, with its formulas checked. */
export function modelOf(text: string): { model: Model; read: ModelText } {
  const read = readModel(text);
  try {
    const model = defineModel(optionsOf(read) as never) as Model;
    return { model, read };
  } catch (error) {
    throw lined(error, read);
  }
}

/** The error with its line in the text, found from the field that the SDK's message names. */
export function lined(error: unknown, { states, where, parameters, initial }: ModelText): unknown {
  if (!(error instanceof LeastActionError)) return error;
  const [, kind, name] =
    /^(equations|where|parameters|initialState|states)[.[](\w+)/.exec(error.facts.path) ?? [];
  const among =
    { equations: states, where, parameters, initialState: initial, states }[kind ?? ""] ?? [];
  const line = among.find((one) => one.name === name)?.line ?? among[Number(name)]?.line;
  return line === undefined
    ? error
    : new ModelTextError(line, error.message.replace(/^[\w.[\]]+: /, ""));
}
