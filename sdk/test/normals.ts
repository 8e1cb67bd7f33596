/** Makes a source of nearly standard normal numbers that are the same on every machine. */
export function normals(seed: number): () => number {
  let state = seed;
  return () => {
    let sum = -6;
    for (let i = 0; i < 12; i += 1) {
      state = (state * 1103515245 + 12345) % 2147483648;
      sum += state / 2147483648;
    }
    return sum;
  };
}
