// The kinds of work that a worker thread can do.
import { climbs } from "./anneal/climbs.js";
import { chains } from "./statistics/chains.js";
import type { Kinds } from "./work/work.js";

/** Kinds of work by the names that tasks have for them. */
export const kinds: Kinds = { paths: climbs, networks: climbs, chains };
