import { defineConfig } from "tsup";

const entries = ["index", "index.node", "slim", "slim.node", "worker.node"];

export default defineConfig({
  entry: entries.map((name) => `sdk/src/${name}.ts`),
  format: ["esm", "cjs"],
  target: "es2022",
  dts: true,
  // import.meta.url in CommonJS
  shims: true,
  // All entries share one copy of the inlined WebAssembly; the slim ones never import it.
  splitting: true,
  // One build for browsers and Node, so that they can share: only the .node entries import these.
  platform: "neutral",
  external: [/^node:/],
});
