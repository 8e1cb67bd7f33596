/** Arguments of cargo: the crates and features that are tested. */
export declare const TESTED: string[];
/**
 * Compiles a program of `crates/tools`, unless that has been done before, and returns where it is.
 */
export declare function toolOf(name: string): string;
