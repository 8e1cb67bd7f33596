// The default entries' init: the module comes along as text, so that no bundler needs to be told of
// it.
import { initOnce } from "./init.js";
import { inlinedBytes } from "./inlined.js";

/**
 * Makes the library ready. Call it once, before anything else; further calls cost nothing.
 *
 * @example
 * await init();
 */
export function init(): Promise<void> {
  return initOnce(async () => WebAssembly.compile(inlinedBytes()));
}
