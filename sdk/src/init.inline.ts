// `init` of the default entries. The module is part of the script as text, so that bundlers need no
// settings for it.
import { initOnce } from "./init.js";
import { inlinedBytes } from "./inlined.js";

/**
 * Loads the library. It has to be called once, before anything else; further calls return at once.
 *
 * @throws LeastActionError (the promise rejects) of code `loadFailed` if the module cannot be
 *   compiled.
 *
 * @example
 * await init();
 */
export function init(): Promise<void> {
  return initOnce(async () => WebAssembly.compile(inlinedBytes()));
}
