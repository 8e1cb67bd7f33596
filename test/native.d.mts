/** Arguments of cargo: the crates and features that are tested. */
export declare const TESTED: string[];
/**
 * Compiles an example of the crate, if the tests have not done so before, and returns where it is.
 */
export declare function exampleOf(name: string): string;
