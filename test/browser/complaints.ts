// Things that a page must not do.
import type { Page } from "playwright-core";

/**
 * List of console messages, errors, and requests to other hosts than that of `url`, which grows as
 * they occur. To be called before the page is opened.
 */
export function complaintsOf(page: Page, url: string): string[] {
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.stack ?? String(error)));
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (!/^(blob|data):/.test(protocol) && origin !== new URL(url).origin)
      complaints.push(`fetched ${request.url()}`);
  });
  return complaints;
}
