// The entry without the WebAssembly module.
export * from "./common.js";
export { dispose } from "./init.js";
export { init, type InitSource } from "./init.slim.js";
export { anneal, design, observability, samplePosterior } from "./anneal.js";
