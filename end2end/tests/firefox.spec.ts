// The main path in Firefox: Debian's, driven by puppeteer-core over WebDriver BiDi.

import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { expect, test } from "@playwright/test";
import { anywhere, app, type Running, start, stop } from "./processes";

let server: Running;
let browser: Browser;

test.beforeAll(async () => {
  server = await start(app, [...anywhere, "--demo"]);
  browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr",
    headless: true,
    // It may run as root, in a home that is another's.
    env: { ...process.env, MOZ_DISABLE_CONTENT_SANDBOX: "1" },
  });
});

test.afterAll(async () => {
  await browser?.close();
  await stop(server);
});

const heading = (page: Page) => page.$eval("h1", (it) => it.textContent);
const path = (page: Page) => page.url().slice(server.url.length);

async function hydrated(page: Page) {
  await page.waitForFunction(() => document.documentElement.hasAttribute("data-hydrated"));
}

/** Presses a button by its words, and waits for `until`. */
async function press(page: Page, words: string) {
  await page.locator(`::-p-xpath(//main//button[contains(., "${words}")])`).click();
}

test("a person signs in, two tabs agree, and Back shows nothing private", async () => {
  test.setTimeout(90_000);
  const said: string[] = [];
  const page = await browser.newPage();
  page.on("pageerror", (error) => said.push(String(error)));
  await page.goto(server.url);
  await hydrated(page);
  await press(page, "Continue with Bitbucket");
  await page.waitForFunction(() => document.querySelector("h1")?.textContent?.includes("Allow access"));
  await page.locator('input[value="ada"]').click();
  await page.locator('button[value="approve"]').click();
  await expect.poll(() => path(page)).toBe("/dashboard");
  await hydrated(page);
  expect(await heading(page)).toBe("Ada Lovelace");
  await page.waitForFunction(() => document.body.textContent?.includes("account, email"));

  const other = await browser.newPage();
  await other.goto(`${server.url}/dashboard`);
  await hydrated(other);
  await page.locator("#name").fill("Countess");
  await press(page, "Save");
  for (const tab of [page, other]) {
    await tab.waitForFunction(() => document.querySelector("h1")?.textContent === "Countess");
  }

  await page.bringToFront();
  await press(page, "Sign out");
  await expect.poll(() => path(page)).toBe("/");
  await expect.poll(() => path(other)).toBe("/sign-in?redirectTo=%2Fdashboard&error=SESSION_EXPIRED");
  await page.goBack();
  await expect.poll(() => path(page)).toBe("/sign-in?redirectTo=%2Fdashboard");
  expect(await page.evaluate(() => document.body.textContent)).not.toContain("ada@example.org");
  expect(said).toEqual([]);
});
