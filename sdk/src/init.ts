// Loading the WebAssembly module once, whatever it comes from.
import { LeastActionError, textOf } from "./errors.js";
import { isLoaded, load, unload } from "./instance.js";
import { endWork } from "./work/disposal.js";

let loading: Promise<void> | undefined;

/**
 * Compiles what `source` gives, unless that is done or under way. After a failure the next call
 * tries again.
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
 * Ends everything: work that is under way stops, its promises reject with the code `"freed"`,
 * worker threads are terminated, and the memory of WebAssembly is given back. Whatever comes after
 * needs `await init()` once more. Results that are plain data, such as paths and levels, stay good.
 *
 * @example
 * dispose(); // when the page's view goes away
 */
export function dispose(): void {
  endWork();
  unload();
}
