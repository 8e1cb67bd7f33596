// Long work in Node: in worker threads.
import { Worker } from "node:worker_threads";
import { annealIn, designIn, observabilityIn, samplePosteriorIn } from "./entry-functions.js";
import { type CreateWorker, threads } from "./work/threads.node.js";

const createWorker: CreateWorker = (workerData) =>
  // Without this process's flags: a loader of TypeScript, for instance, would only slow the start.
  new Worker(new URL("./worker.node.js", import.meta.url), {
    workerData,
    execArgv: [],
    name: "least-action",
  });

const working = /* @__PURE__ */ threads(createWorker);

/** Variational annealing of paths through data, and of networks. */
export const anneal = /* @__PURE__ */ annealIn(working);
/** A comparison of networks by their action levels and prediction errors. */
export const design = /* @__PURE__ */ designIn(working);
/** A study of how many measurements are enough. */
export const observability = /* @__PURE__ */ observabilityIn(working);
/** Draws from the posterior of a run by Hamiltonian Monte Carlo. */
export const samplePosterior = /* @__PURE__ */ samplePosteriorIn(working);
