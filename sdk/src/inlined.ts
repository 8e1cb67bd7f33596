// The module as bytes. It is kept apart from raw.ts, so that the slim entries do not contain it.
import { wasmBase64 } from "../generated/wasm-bytes.js";

/** Gives the bytes of the WebAssembly module that is part of the script. */
export function inlinedBytes(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(wasmBase64), (character) => character.charCodeAt(0));
}
