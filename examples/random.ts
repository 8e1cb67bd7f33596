/**
 * Random numbers for data that examples make themselves: a seed gives the same numbers on every
 * machine.
 */
export interface Random {
  /** Uniform number in [0, 1). */
  uniform(): number;
  /** Normal number with mean 0 and variance 1. */
  normal(): number;
  /** Copy of the elements in random order. */
  shuffled<T>(elements: readonly T[]): T[];
}

/** Generator Mulberry32: 32 bits of state, good enough for pictures. */
export function random(seed: number): Random {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const shuffled = <T>(elements: readonly T[]): T[] => {
    const all = [...elements];
    for (let i = all.length - 1; i > 0; i--) {
      const j = Math.floor(uniform() * (i + 1));
      [all[i], all[j]] = [all[j] as T, all[i] as T];
    }
    return all;
  };
  return { uniform, normal, shuffled };
}
