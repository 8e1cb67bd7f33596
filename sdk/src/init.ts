// Loading of the WebAssembly module, once, from any source.
import { LeastActionError, textOf } from "./errors.js";
import { isLoaded, load, unload } from "./instance.js";
import { endWork } from "./work/disposal.js";

/** Promise of the loading that is under way. */
let loading: Promise<void> | undefined;

/**
 * Loads the module that `source` gives, unless that is done or under way. After a failure the next
 * call tries again.
 */
export function initOnce(source: () => Promise<WebAssembly.Module>): Promise<void> {
  if (isLoaded()) return Promise.resolve();
  loading ??= source()
    .then(load)
    .catch((error: unknown) => {
      if (error instanceof LeastActionError) throw error;
      const reason = textOf(error);
      const message = `init: the WebAssembly module could not be loaded (${reason})`;
      throw new LeastActionError(
        message,
        { code: "loadFailed", path: "init", reason },
        { cause: error },
      );
    })
    .finally(() => {
      loading = undefined;
    });
  return loading;
}

/**
 * Ends the library: work that is under way stops and its promises reject with the code `"freed"`,
 * worker threads are terminated, and the memory of WebAssembly is freed. Any later use needs `await
 * init()` again. Results that are plain data, such as paths and levels, stay valid.
 *
 * @example
 * dispose(); // when the page's view goes away
 */
export function dispose(): void {
  endWork();
  unload();
}
