import { openBrowser } from "./browser/chromium.js";
import { serveFolder } from "./browser/static-server.js";
const served = await serveFolder("/work/main/examples/output/lab", "/lab/");
const b = await openBrowser({ width: Number(process.argv[2] ?? 1280), height: 900 });
const page = await b.context.newPage();
page.on("console", (m) => console.log("console:", m.text()));
page.on("pageerror", (e) => console.log("pageerror:", String(e)));
const t = Date.now();
page.on("response", (r) => { if (r.status() >= 400) console.log("bad", r.url()); });
page.on("worker", (w) => console.log("worker", w.url()));
await page.goto(served.url); await page.waitForTimeout(3000); await page.screenshot({ path: "/tmp/w/shots/0.png" }); console.log((await page.locator("body").innerText()).slice(0, 600));
console.log(await page.evaluate(`document.querySelector(".views").innerHTML.slice(0,300)`)); await page.waitForSelector(".plot canvas", { timeout: 20000 });
console.log("first picture", Date.now() - t);
await page.screenshot({ path: "/tmp/w/shots/0.png" });
const names = ["Weather with hidden sites", "A neuron from one voltage", "A network as layers in time"];
for (const [k, name] of names.entries()) {
  await page.getByRole("button", { name }).click();
  await page.waitForTimeout(1500);
  const t0 = Date.now();
  await page.getByRole("button", { name: "Run" }).click();
  await page.waitForTimeout(600);
  await page.screenshot({ path: `/tmp/w/shots/${k}-running.png` });
  await page.waitForFunction(() => /Done|Paused/.test(document.querySelector(".status")?.textContent ?? "") || document.querySelector("[role=alert]"), undefined, { timeout: 120000 });
  console.log(name, Date.now() - t0, await page.locator(".status").textContent(), await page.locator("[role=alert]").allTextContents());
  await page.screenshot({ path: `/tmp/w/shots/${k}-done.png`, fullPage: true });
  for (const tab of ["Action levels", "Parameters", "Mechanics", "In words"]) {
    const one = page.getByRole("tab", { name: tab });
    if ((await one.count()) === 0) continue;
    await one.click();
    await page.waitForTimeout(300);
    await page.screenshot({ path: `/tmp/w/shots/${k}-${tab.replace(" ", "")}.png` });
  }
}
await b.close(); await served.close();
