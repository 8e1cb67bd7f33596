// Functions with long computations, for Node: they run in worker threads.
import { Worker } from "node:worker_threads";
import { annealIn, designIn, observabilityIn, samplePosteriorIn } from "./entry-functions.js";
import { type CreateWorker, threads } from "./work/threads.node.js";

/** Starts a worker thread. */
const createWorker: CreateWorker = (workerData) =>
  // The flags of this process are left out: a loader of TypeScript, for instance, would only slow
  // the start.
  new Worker(new URL("./worker.node.js", import.meta.url), {
    workerData,
    execArgv: [],
    name: "least-action",
  });

const working = /* @__PURE__ */ threads(createWorker);

/** Finds paths through data, or the weights of networks, by variational annealing. */
export const anneal = /* @__PURE__ */ annealIn(working);
/** Compares networks by their action levels and prediction errors. */
export const design = /* @__PURE__ */ designIn(working);
/** Studies the number of measurements that are needed to find the truth, by twin experiments. */
export const observability = /* @__PURE__ */ observabilityIn(working);
/** Draws paths and parameters from the posterior of a run by Hamiltonian Monte Carlo. */
export const samplePosterior = /* @__PURE__ */ samplePosteriorIn(working);
