// The module as bytes. Apart from raw.ts, so that the slim entries do not carry it.
import { wasmBase64 } from "../generated/wasm-bytes.js";

export function inlinedBytes(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(wasmBase64), (character) => character.charCodeAt(0));
}
