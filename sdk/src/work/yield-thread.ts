// Serving of events between two steps of a long computation.

/** Lets events and timers be served. It does not use setTimeout, which browsers delay by 4 ms. */
export function yieldThread(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
