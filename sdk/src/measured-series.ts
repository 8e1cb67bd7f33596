// Measured values of single components, each with its times.
import { outOfRange, wrongLength, wrongShape } from "./errors.js";
import { isTimed } from "./input-curves.js";
import { checkOnce, componentOf } from "./inputs.js";
import { fields, float64Array } from "./shape.js";

/** Column of measurements of one component, at most one per instant. */
export interface Column {
  component: number;
  /** Number of the series. */
  series: number;
  /** Place in the series of the measurement at each instant. */
  rows: Map<number, number>;
}

/**
 * Gives the columns of all series: one each, and further ones where values are repeated at one
 * instant. `instants` are the numbers of the instants of each series' values.
 */
export function columnsOf(series: readonly Series[], instants: readonly Int32Array[]): Column[] {
  return series.flatMap(({ component, values }, k) => {
    const columns: Column[] = [{ component, series: k, rows: new Map() }];
    const counts = new Map<number, number>();
    (instants[k] as Int32Array).forEach((instant, row) => {
      if (Number.isNaN(values[row])) return;
      const repeat = counts.get(instant) ?? 0;
      counts.set(instant, repeat + 1);
      columns[repeat] ??= { component, series: k, rows: new Map() };
      columns[repeat].rows.set(instant, row);
    });
    return columns;
  });
}

/** Series of one observed component. */
export interface Series {
  /** Number of the component. */
  component: number;
  /** Measured values, one per time. */
  values: Float64Array;
  /** Times of its own; undefined for the times of all data. */
  times?: Float64Array;
}

/** Times that series have. */
export interface SeriesTimes {
  /** Number of times of series without times of their own; undefined if there are none. */
  length: number | undefined;
  /** Reads times of a series' own. */
  clock(path: string, times: unknown): Float64Array;
}

/** Reads measured values by number or by name. */
export function seriesOf(
  given: unknown,
  { length, clock }: SeriesTimes,
  names: readonly string[] | undefined,
): Series[] {
  const shared = (): number => {
    if (length !== undefined) return length;
    throw wrongShape("times", "are missing: give them, or times of its own to every series");
  };
  const values = fields("values", given);
  if ("observed" in values) return listed(values.observed, values.values, shared(), names);
  const all = Object.entries(values).map(([name, one]) => {
    const isNumber = /^\d+$/.test(name);
    const path = isNumber ? `values[${name}]` : `values.${name}`;
    const component = componentOf(path, isNumber ? Number(name) : name, names);
    if (!isTimed(one)) return { path, component, values: series(path, one, shared()) };
    const times = clock(`${path}.times`, one.times);
    const values = series(`${path}.values`, one.values, times.length);
    return { path, component, values, times };
  });
  const components = all.map(({ component }) => component);
  checkOnce(components, (i) => all[i]?.path as string);
  return all;
}

/** Reads measured values given as a list of components and their series. */
function listed(
  observed: unknown,
  values: unknown,
  length: number,
  names: readonly string[] | undefined,
): Series[] {
  const given = Array.isArray(observed) ? observed : float64Array("values.observed", observed);
  const components = Array.from(given as readonly unknown[], (one, l) =>
    componentOf(`values.observed[${l}]`, one, names),
  );
  checkOnce(components, (l) => `values.observed[${l}]`);
  if (Array.isArray(values) && typeof values[0] === "object") {
    const because = "one series per observed component";
    if (values.length !== components.length) {
      throw wrongLength("values.values", values.length, components.length, because);
    }
    return components.map((component, l) => ({
      component,
      values: series(`values.values[${l}]`, values[l], length),
    }));
  }
  const width = components.length;
  const all = float64Array("values.values", values);
  const because = `${length} times x ${width} observed components`;
  if (all.length !== length * width)
    throw wrongLength("values.values", all.length, length * width, because);
  return components.map((component, l) => ({
    component,
    values: Float64Array.from({ length }, (_, i) => all[i * width + l] as number),
  }));
}

/** Reads the errors of measured series, in their order. */
export function errorSeries(
  given: unknown,
  measured: readonly Series[],
  names: readonly string[] | undefined,
): Float64Array[] {
  const errors = new Map(
    Object.entries(fields("errors", given)).map(([name, one]) => {
      const isNumber = /^\d+$/.test(name);
      const path = isNumber ? `errors[${name}]` : `errors.${name}`;
      const component = componentOf(path, isNumber ? Number(name) : name, names);
      const length = measured.find((series) => series.component === component)?.values.length;
      if (length === undefined)
        throw wrongShape(path, "has no measured values: give errors of measured series only");
      const values =
        typeof one === "number" ? new Float64Array(length).fill(one) : series(path, one, length);
      return [component, values] as const;
    }),
  );
  return measured.map(({ component, values }) => {
    const own = errors.get(component);
    const name = names?.[component] ?? `${component}`;
    if (own === undefined)
      throw wrongShape("errors", `lacks ${name}: give errors of every measured series, or of none`);
    values.forEach((value, i) => {
      const error = own[i] as number;
      if (!Number.isNaN(value) && !(error > 0 && Number.isFinite(error)))
        throw outOfRange(
          `errors.${name}[${i}]`,
          error,
          "a standard deviation: finite and greater than zero",
        );
    });
    return own;
  });
}

/** Gives one series, which must be as long as the times. */
function series(path: string, given: unknown, length: number): Float64Array {
  const values = float64Array(path, given);
  if (values.length !== length) throw wrongLength(path, values.length, length, "one per time");
  return values;
}
