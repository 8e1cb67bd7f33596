import { mechanicsLorenz } from "./index.js";
import { writeFileSync } from "node:fs";
const o = await mechanicsLorenz(process.argv[2] === "tiny" ? { size: { starts: 4, rungs: 3 } } : {});
for (const [n, svg] of Object.entries(o.pictures)) writeFileSync("/tmp/w/" + n, svg);
console.log(o.checks);
