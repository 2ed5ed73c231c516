// The main path in Firefox: Debian's Firefox, driven by puppeteer-core over WebDriver BiDi.

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
    // Firefox may run as root while the home directory belongs to another user.
    env: { ...process.env, MOZ_DISABLE_CONTENT_SANDBOX: "1" },
  });
});

test.afterAll(async () => {
  await browser?.close();
  await stop(server);
});

const heading = (page: Page) => page.$eval("h1", (it) => it.textContent);
/** The path comes from the page, since puppeteer does not notice every navigation of the router. */
const path = (page: Page) => page.evaluate(() => location.pathname + location.search).catch(() => "");

// puppeteer's `waitForFunction` and locators are not used: they call `Function()` in the page, which the page's
// Content-Security-Policy forbids.

const hydrated = (page: Page) => page.waitForSelector("html[data-hydrated]");

async function click(page: Page, selector: string) {
  await (await page.waitForSelector(selector))!.click();
}

/** Presses a button that contains this text. */
const press = (page: Page, words: string) => click(page, `::-p-xpath(//main//button[contains(., "${words}")])`);

/** Waits until an element contains this text. */
const says = (page: Page, selector: string, words: string) =>
  expect.poll(() => page.$eval(selector, (it) => it.textContent).catch(() => "")).toContain(words);

test("a person signs in, two tabs show the same session, and Back shows no private data", async () => {
  test.setTimeout(90_000);
  const said: string[] = [];
  const page = await browser.newPage();
  page.on("pageerror", (error) => said.push(String(error)));
  await page.goto(server.url);
  await hydrated(page);
  await press(page, "Continue with Bitbucket");
  await says(page, "h1", "Allow access");
  await click(page, 'input[value="ada"]');
  await click(page, 'button[value="approve"]');
  await expect.poll(() => path(page)).toBe("/dashboard");
  await hydrated(page);
  expect(await heading(page)).toBe("Ada Lovelace");
  await says(page, "body", "account, email");

  const other = await browser.newPage();
  await other.goto(`${server.url}/dashboard`);
  await hydrated(other);
  await page.$eval("#name", (input) => ((input as HTMLInputElement).value = ""));
  await page.type("#name", "Countess");
  await press(page, "Save");
  for (const tab of [page, other]) await says(tab, "h1", "Countess");

  await page.bringToFront();
  await press(page, "Sign out");
  await expect.poll(() => path(page)).toBe("/");
  await expect.poll(() => path(other)).toBe("/sign-in?redirectTo=%2Fdashboard&error=SESSION_EXPIRED");
  await page.goBack();
  await expect.poll(() => path(page)).toBe("/sign-in?redirectTo=%2Fdashboard");
  expect(await page.evaluate(() => document.body.textContent)).not.toContain("ada@example.org");
  expect(said).toEqual([]);
});
