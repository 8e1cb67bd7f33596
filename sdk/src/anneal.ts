// Long work in browsers: in web workers.
import { annealIn, designIn, observabilityIn, samplePosteriorIn } from "./entry-functions.js";
import { workInBrowser } from "./work/threads.browser.js";

/** Variational annealing of paths through data, and of networks. */
export const anneal = /* @__PURE__ */ annealIn(workInBrowser);
/** A comparison of networks by their action levels and prediction errors. */
export const design = /* @__PURE__ */ designIn(workInBrowser);
/** A study of how many measurements are enough. */
export const observability = /* @__PURE__ */ observabilityIn(workInBrowser);
/** Draws from the posterior of a run by Hamiltonian Monte Carlo. */
export const samplePosterior = /* @__PURE__ */ samplePosteriorIn(workInBrowser);
