// `init` of the slim entries, which is given the WebAssembly module by its caller.
import { wrongShape } from "./errors.js";
import { initOnce } from "./init.js";

/**
 * Source of `least_action.wasm`: its bytes, its address, a response with it, or the compiled
 * module.
 */
export type InitSource =
  BufferSource | URL | string | Response | Promise<Response> | WebAssembly.Module;

/**
 * Loads the library. It has to be called once, before anything else; further calls return at once
 * and ignore their source.
 *
 * @throws LeastActionError (the promise rejects) of code `loadFailed` if the module cannot be
 *   fetched or compiled.
 *
 * @example
 * // with a bundler
 * await init(new URL("least-action/least_action.wasm", import.meta.url));
 *
 * @example
 * // in Node
 * const address = import.meta.resolve("least-action/least_action.wasm");
 * await init(await readFile(fileURLToPath(address)));
 */
export function init(source: InitSource): Promise<void> {
  return initOnce(() => compile(source));
}

/** Compiles the module of any source. */
async function compile(source: InitSource): Promise<WebAssembly.Module> {
  const given = await source;
  if (given instanceof WebAssembly.Module) return given;
  if (given instanceof ArrayBuffer || ArrayBuffer.isView(given)) return WebAssembly.compile(given);
  if (given instanceof Response) return compileResponse(given);
  if (given instanceof URL || typeof given === "string") return compileResponse(await fetch(given));
  throw wrongShape(
    "init",
    "give the bytes, the URL, a Response or a WebAssembly.Module of least_action.wasm",
  );
}

/** Compiles the module of a response. */
async function compileResponse(response: Response): Promise<WebAssembly.Module> {
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${response.statusText}`);
  // The bytes are read first instead of streamed, so that a server may send another type than
  // application/wasm.
  return WebAssembly.compile(await response.arrayBuffer());
}
