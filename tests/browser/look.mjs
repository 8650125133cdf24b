// Opens pages in a real browser and says, as JSON on standard output, what was found on each: `node look.mjs CHROMIUM`.
// Standard input has a list of {url, width, picture}; `picture` is a file, or null.
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";
import { chromium } from "playwright-core";

const axe = createRequire(import.meta.url)("axe-core");
const asked = JSON.parse(await text(process.stdin));
const browser = await chromium.launch({
  executablePath: process.argv[2],
  args: process.getuid() === 0 ? ["--no-sandbox"] : [],
});
const found = [];
for (const { url, width, picture } of asked) {
  const page = await browser.newPage({ viewport: { width, height: 1280 } });
  const requests = [];
  const complaints = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  const answer = await page.goto(url);
  const seen = await page.evaluate(() => ({
    language: document.documentElement.lang,
    heading: document.querySelector("h1").textContent,
    states: Object.fromEntries(
      [...document.querySelectorAll("[data-doing]")].map((each) => [each.dataset.doing, each.className]),
    ),
    overflows: document.documentElement.scrollWidth > document.documentElement.clientWidth,
    styled: getComputedStyle(document.querySelector(".doings li") ?? document.body).borderTopStyle,
  }));
  await page.keyboard.press("Tab");
  const first = await page.evaluate(() => document.activeElement.textContent);
  if (picture) await page.screenshot({ path: picture });
  await page.evaluate(axe.source);
  const { violations, passes } = await page.evaluate(() => globalThis.axe.run());
  found.push({
    url,
    status: answer.status(),
    ...seen,
    first,
    requests,
    complaints,
    passes: passes.length,
    violations: violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.target).join(", ")}`),
  });
  await page.close();
}
await browser.close();
process.stdout.write(JSON.stringify(found));
