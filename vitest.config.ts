import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["sdk/**/*.test.ts", "test/**/*.test.ts", "examples/**/*.test.ts"],
    // Whole annealing runs on a loaded two-core machine
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // A page shows what was done to it a moment later.
    expect: { poll: { timeout: 10_000 } },
  },
});
