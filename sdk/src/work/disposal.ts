// End of all work that is under way, by `dispose()`.
import { LeastActionError } from "../errors.js";
import { yieldThread } from "./yield-thread.js";

/** Functions that reject the promises of work that is under way. */
const waiting = new Set<(error: LeastActionError) => void>();

/** Number of disposals so far. */
let disposals = 0;

/** Gives the outcome of a promise, or a rejection if the library is disposed of before. */
export function untilDisposed<T>(promise: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    waiting.add(reject);
    promise.then(resolve, reject).finally(() => waiting.delete(reject));
  });
}

/**
 * Guard of work in this thread, which must not outlive the library that it began with, even if
 * another module is loaded afterwards.
 */
export interface DisposalGuard {
  /**
   * Throws if the library was disposed of since the work began. It is to be called after callbacks
   * of the user, which may dispose of it.
   */
  check(): void;
  /** Lets other events be served; rejects if the library was disposed of meanwhile. */
  yieldThread(): Promise<void>;
}

/** Makes a guard for work that begins now. */
export function disposalGuard(): DisposalGuard {
  const begun = disposals;
  const check = (): void => {
    if (disposals !== begun) throw disposed();
  };
  return {
    check,
    async yieldThread() {
      await yieldThread();
      check();
    },
  };
}

/** Rejects the promises of all work that is under way. */
export function endWork(): void {
  disposals += 1;
  for (const reject of waiting) reject(disposed());
  waiting.clear();
}

/** Makes the error of work that `dispose()` has ended. */
function disposed(): LeastActionError {
  const message = "dispose: called while this was under way, which ended it";
  return new LeastActionError(message, { code: "freed", path: "dispose" });
}
