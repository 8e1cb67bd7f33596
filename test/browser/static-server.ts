// A plain server: files of a folder with their types, and no special headers.
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const TYPES: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  // Unknown types are served as plain bytes, as common servers do.
  ".wasm": "application/octet-stream",
};

export interface Served {
  /** Address with a slash at its end. */
  url: string;
  close(): Promise<void>;
}

/** Serves `folder` below `prefix`, such as "/lab/". */
export function serveFolder(folder: string, prefix = "/"): Promise<Served> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
    const file = join(folder, normalize(path.slice(prefix.length - 1)));
    const place =
      existsSync(file) && statSync(file).isDirectory() ? join(file, "index.html") : file;
    if (!path.startsWith(prefix) || !place.startsWith(folder) || !existsSync(place)) {
      response.writeHead(404).end("not here");
      return;
    }
    response.writeHead(200, {
      "content-type": TYPES[extname(place)] ?? "application/octet-stream",
    });
    createReadStream(place).pipe(response);
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        url: `http://127.0.0.1:${port}${prefix}`,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
}
