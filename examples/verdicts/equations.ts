/** Equations as text, as the library reads them, made into functions for the truth's integrator. */
import type { Rates } from "./integrator.js";

/** Functions that equations may use, beside + - * / ^ and if(condition, a, b). */
const FUNCTIONS = ["exp", "log", "sin", "cos", "sqrt"] as const;

/**
 * Rates of change of a system in text.
 *
 * @param equations the rate of each state, in the states' order.
 * @param parameters values by name; changes of this object count at once.
 */
export function ratesOf(
  states: readonly string[],
  equations: Readonly<Record<string, string>>,
  parameters: Readonly<Record<string, number>>,
): Rates {
  const names = Object.keys(parameters);
  const body = states.map((state, k) => `$rates[${k}] = ${scriptOf(equations[state] ?? "0")};`);
  const make = new Function(
    "choose",
    ...FUNCTIONS,
    "parameters",
    `return (t, $state, $rates) => {
      const { ${names.join(", ")} } = parameters;
      const [${states.join(", ")}] = $state;
      ${body.join("\n")}
    };`,
  ) as (...given: unknown[]) => Rates;
  const choose = (condition: boolean, yes: number, no: number): number => (condition ? yes : no);
  return make(choose, ...FUNCTIONS.map((name) => Math[name]), parameters);
}

/** Text of the library's language as one of JavaScript. */
function scriptOf(text: string): string {
  return text.replaceAll("^", "**").replaceAll("if(", "choose(");
}

/** Text in which a name is replaced by an expression. */
export function replaced(text: string, name: string, by: string): string {
  return text.replace(new RegExp(`\\b${name}\\b`, "g"), `(${by})`);
}
