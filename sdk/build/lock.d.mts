/**
 * Does the work while no other process that takes the same lock does; `name` is said while it
 * waits.
 */
export declare function withLock<T>(path: string, name: string, work: () => Promise<T>): Promise<T>;
