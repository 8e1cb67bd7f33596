// Ending all work that is under way.
import { LeastActionError } from "../errors.js";
import { breathe } from "./breathe.js";

const waiting = new Set<(error: LeastActionError) => void>();

/** How often everything was disposed of. */
let disposals = 0;

/** The promise, or a rejection once everything is disposed of. */
export function untilDisposed<T>(promise: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    waiting.add(reject);
    promise.then(resolve, reject).finally(() => waiting.delete(reject));
  });
}

/**
 * The life of the library in which some work of this thread began: work does not outlive it, also
 * if another module is loaded afterwards.
 */
export interface Life {
  /**
   * Throws if everything has been disposed of. To be called after whatever was called that may do
   * so.
   */
  check(): void;
  /** Lets the thread go for a moment; rejects if everything has been disposed of. */
  breathe(): Promise<void>;
}

export function lifeNow(): Life {
  const begun = disposals;
  const check = (): void => {
    if (disposals !== begun) throw disposed();
  };
  return {
    check,
    async breathe() {
      await breathe();
      check();
    },
  };
}

/** Rejects whatever is waited for. */
export function endWork(): void {
  disposals += 1;
  for (const reject of waiting) reject(disposed());
  waiting.clear();
}

function disposed(): LeastActionError {
  const message = "dispose: called while this was under way, which ended it";
  return new LeastActionError(message, { code: "freed", path: "dispose" });
}
