/** Stdout of a program; null where it failed and was allowed to. */
export declare function run(
  program: string,
  args: string[],
  options?: {
    cwd?: string;
    env?: NodeJS.ProcessEnv;
    allowFailure?: boolean;
    detached?: boolean;
    timeout?: number;
  },
): Promise<string | null>;
