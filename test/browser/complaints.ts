// What a page is not to do.
import type { Page } from "playwright-core";

/**
 * Whatever will be said on the console, go wrong, or be fetched from elsewhere than from where
 * `url` is. To be called before the page goes there.
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
