// Builds whatever is missing or out of date. `npm install` in a clone, and every command that needs
// the package, runs this first. Users of the published package never run it: npm skips `prepare`
// for them.
import { createRequire } from "node:module";
import { buildWasm } from "./wasm.mjs";
import { buildPackage } from "./package.mjs";
import { main, say } from "./report.mjs";

function hasDevelopmentPackages() {
  try {
    createRequire(import.meta.url).resolve("tsup/package.json");
    return true;
  } catch {
    return false;
  }
}

await main(async () => {
  if (!hasDevelopmentPackages()) {
    // npm install --omit=dev
    say(
      "nothing built: the development packages are not installed (npm install, without " +
        "--omit=dev, gets them)",
    );
    return;
  }
  const start = performance.now();
  const built = [await buildWasm(), await buildPackage()];
  if (built.includes(true))
    say(`everything — ready — ${((performance.now() - start) / 1000).toFixed(1)} s`);
});
