// The entry without the WebAssembly module, for Node.
export * from "./common.js";
export { dispose } from "./init.js";
export { init, type InitSource } from "./init.slim.js";
export { anneal, design, observability, samplePosterior } from "./anneal.node.js";
