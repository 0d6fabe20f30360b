import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { writeReport } from "../../src/report/write.ts";
import { reported } from "./reported.ts";

const test = suite("a report in Chromium");

/**
 * Chromium as CHROMIUM names it, or where Linux distributions put it. A browser is no dependency, and downloading one is not for a test to do;
 * .ci/run installs it. Where there is none, every test here is skipped.
 */
const executable = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
].find((file) => file && existsSync(file));

const folder = mkdtempSync(path.join(os.tmpdir(), "report-in-chromium-"));
let browser: Browser;

/** Opens the report in a new window; whatever the page complains about fails the test. */
async function opened(options: { width: number; colorScheme?: "light" | "dark" }, use: (page: Page) => Promise<void>) {
  const { width, ...rest } = options;
  const context = await browser.newContext({ viewport: { width, height: 800 }, acceptDownloads: true, ...rest });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => complaints.push(message.text()));
  page.on("request", (request) => {
    if (/^https?:/.test(request.url())) complaints.push(`asks for ${request.url()}`);
  });
  await page.goto(pathToFileURL(path.join(folder, "index.html")).href);
  await use(page);
  await context.close();
  assert.equal(complaints, []);
}

const column = (page: Page, n: number) => page.locator(`table.sortable tbody tr > :nth-child(${n})`).allTextContents();

if (executable !== undefined) {
  test.before(async () => {
    const { table, about } = await reported();
    await writeReport(folder, table, about);
    browser = await chromium.launch({ executablePath: executable, args: ["--no-sandbox"] });
  });
  test.after(async () => browser?.close());
}

(executable ? test : test.skip)("a column sorts up, down, and back; rows without a number stay last", () =>
  opened({ width: 1280 }, async (page) => {
    await page.getByText("All numbers").click();
    const before = await column(page, 2);
    assert.equal(before, ["sure", "grey", "black <&>", "sure", "grey", "black <&>"]);
    const errors = page.getByRole("button", { name: "error, 95 % interval" });
    const numbers = async () => (await column(page, 3)).map(Number.parseFloat);
    await errors.click();
    assert.equal(
      await numbers(),
      [...(await numbers())].sort((a, b) => a - b),
    );
    assert.is(await page.locator("th[aria-sort=ascending]").count(), 1);
    await errors.click();
    assert.equal(
      await numbers(),
      [...(await numbers())].sort((a, b) => b - a),
    );
    await errors.click();
    assert.equal(await column(page, 2), before);
    for (const clicks of [1, 2]) {
      await page.getByRole("button", { name: "p, Holm" }).click();
      assert.equal((await column(page, 2)).slice(-2), ["sure", "sure"], `${clicks}`); // the first method has no p
    }
  }),
);

(executable ? test : test.skip)(
  "a picture is enlarged with its errors and deviations; arrow keys go on, Escape closes",
  () =>
    opened({ width: 1280 }, async (page) => {
      const zoom = page.locator("#zoom");
      await page.locator(".panel td[role=button]").nth(2).click();
      assert.ok(await zoom.isVisible());
      assert.equal(await zoom.locator("figcaption").allTextContents(), ["true", "sure", "error", "standard deviation"]);
      assert.match(await zoom.locator("h3").innerText(), /^rows\(m=72\), noise 0\.1, signal 1$/);
      assert.match(await zoom.locator(".about").innerText(), /^sure: error 0\.0\d+, PSNR .* dB, SSIM .*, residual/);
      await page.keyboard.press("ArrowRight");
      assert.equal(await zoom.locator("figcaption").allTextContents(), ["true", "grey", "error"]);
      await page.keyboard.press("ArrowDown");
      assert.match(await zoom.locator("h3").innerText(), /signal 2$/);
      assert.ok(await zoom.getByRole("button", { name: "next signal" }).isDisabled());
      await page.keyboard.press("Escape");
      assert.not(await zoom.isVisible());
    }),
);

(executable ? test : test.skip)(
  "the panels show estimates, errors or deviations, coloured by the page's own filter",
  () =>
    opened({ width: 1280 }, async (page) => {
      const visible = (kind: string) => page.locator(`.panel img[data-kind=${kind}]:visible`).count();
      const counts = async () => Promise.all(["estimate", "error", "deviation"].map(visible));
      assert.equal(await counts(), [12, 0, 0]); // 2 problems, 3 methods, 2 signals
      await page.getByLabel("errors", { exact: true }).check();
      assert.equal(await counts(), [0, 12, 0]);
      await page.getByLabel("standard deviations").check();
      assert.equal(await counts(), [0, 0, 4]);
      const shot = await page.locator(".panel img[data-kind=deviation]:visible").first().screenshot();
      const { default: sharp } = await import("sharp");
      const { channels } = await sharp(shot).stats();
      assert.ok(channels[0]!.mean > channels[1]!.mean + 50); // more red than green; a grey picture has as much of both
    }),
);

(executable ? test : test.skip)(
  "every figure is saved as SVG, PNG, CSV and JSON, and the page's numbers are those of the files beside it",
  () =>
    opened({ width: 1280 }, async (page) => {
      const figure = page.locator("figure[data-name=error-m-rows-m-noise-0\\.1]");
      const name = await figure.getAttribute("data-name");
      const saved = async (format: string) => {
        const [download] = await Promise.all([
          page.waitForEvent("download"),
          figure.getByRole("button", { name: format, exact: true }).click(),
        ]);
        assert.is(download.suggestedFilename(), `${name}.${format.toLowerCase()}`);
        return readFileSync(await download.path());
      };
      assert.is((await saved("CSV")).toString(), readFileSync(path.join(folder, `figures/${name}.csv`), "utf8"));
      assert.match((await saved("SVG")).toString(), /^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
      assert.ok(JSON.parse((await saved("JSON")).toString()).rows.length > 0);
      const { default: sharp } = await import("sharp");
      const { width, format } = await sharp(await saved("PNG")).metadata();
      assert.equal([width, format], [960, "png"]);
    }),
);

for (const [width, colorScheme] of [
  [390, "dark"],
  [1280, "light"],
] as const) {
  (executable ? test : test.skip)(
    `${width} pixels, ${colorScheme}: nothing is cut off at the side, and the ground follows the reader's mode`,
    () =>
      opened({ width, colorScheme }, async (page) => {
        await page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true');
        assert.ok(((await page.evaluate("document.documentElement.scrollWidth")) as number) <= width);
        const ground = (await page.evaluate("getComputedStyle(document.body).backgroundColor")) as string;
        assert.is(ground, colorScheme === "light" ? "rgb(255, 255, 255)" : "rgb(21, 23, 26)");
      }),
  );
}

test.run();
