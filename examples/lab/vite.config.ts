import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const below = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: below("."),
  // Below whatever path it is put.
  base: "./",
  resolve: {
    alias: {
      "least-action/slim": below("../../dist/slim.js"),
      "least-action/least_action.wasm": below("../../dist/least_action.wasm"),
    },
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  worker: { format: "es" },
  build: { outDir: below("../output/lab"), emptyOutDir: true, target: "es2022" },
  server: { fs: { allow: [below("../..")] } },
});
