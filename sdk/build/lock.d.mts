/**
 * Does the work while no other process that takes the same lock does. `name` is printed during the
 * wait.
 */
export declare function withLock<T>(path: string, name: string, work: () => Promise<T>): Promise<T>;
