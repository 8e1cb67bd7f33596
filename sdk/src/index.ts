// The default entry for browsers and all other environments than Node.
export * from "./common.js";
export { dispose } from "./init.js";
export { init } from "./init.inline.js";
export { anneal, design, observability, samplePosterior } from "./anneal.js";
