// Long work in browsers: in web workers.
import { annealIn, designIn, observabilityIn, samplePosteriorIn } from "./entry-functions.js";
import { workInBrowser } from "./work/threads.browser.js";

export const anneal = /* @__PURE__ */ annealIn(workInBrowser);
export const design = /* @__PURE__ */ designIn(workInBrowser);
export const observability = /* @__PURE__ */ observabilityIn(workInBrowser);
export const samplePosterior = /* @__PURE__ */ samplePosteriorIn(workInBrowser);
