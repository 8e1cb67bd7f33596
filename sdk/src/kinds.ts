// The kinds of work that a worker thread can be given, by the names that tasks have for them.
import { climbs } from "./anneal/climbs.js";
import { chains } from "./statistics/chains.js";
import type { Kinds } from "./work/work.js";

export const kinds: Kinds = { paths: climbs, networks: climbs, chains };
