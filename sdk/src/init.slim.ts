// The slim entries' init: the caller says where the module is.
import { wrongShape } from "./errors.js";
import { initOnce } from "./init.js";

/**
 * Where `least_action.wasm` is: its bytes, its address, a response with it, or the compiled module.
 */
export type InitSource =
  BufferSource | URL | string | Response | Promise<Response> | WebAssembly.Module;

/**
 * Makes the library ready. Call it once, before anything else; further calls cost nothing and their
 * source is not looked at.
 *
 * @example
 * await init(new URL("least-action/least_action.wasm", import.meta.url)); // with a bundler
 * await init(await readFile(fileURLToPath(import.meta.resolve("least-action/least_action.wasm")))); // in Node
 */
export function init(source: InitSource): Promise<void> {
  return initOnce(() => compile(source));
}

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

async function compileResponse(response: Response): Promise<WebAssembly.Module> {
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${response.statusText}`);
  // By its bytes and not streamed: a server that sends another type than application/wasm does no
  // harm then.
  return WebAssembly.compile(await response.arrayBuffer());
}
