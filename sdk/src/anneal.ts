// Functions with long computations, for browsers: they run in web workers.
import { annealIn, designIn, observabilityIn, samplePosteriorIn } from "./entry-functions.js";
import { workInBrowser } from "./work/threads.browser.js";

/** Finds paths through data, or the weights of networks, by variational annealing. */
export const anneal = /* @__PURE__ */ annealIn(workInBrowser);
/** Compares networks by their action levels and prediction errors. */
export const design = /* @__PURE__ */ designIn(workInBrowser);
/** Studies the number of measurements that are needed to find the truth, by twin experiments. */
export const observability = /* @__PURE__ */ observabilityIn(workInBrowser);
/** Draws paths and parameters from the posterior of a run by Hamiltonian Monte Carlo. */
export const samplePosterior = /* @__PURE__ */ samplePosteriorIn(workInBrowser);
