// Pages that Back restores from the bfcache. Playwright disables the bfcache by default.

import { chromium } from "@playwright/test";
import { approve, expect, hydrated, test } from "./app";

test("a page restored from the bfcache shows the current session", async ({ app, launchOptions }) => {
  const browser = await chromium.launch({ ...launchOptions, ignoreDefaultArgs: ["--disable-back-forward-cache"] });
  const page = await browser.newPage({ baseURL: app });
  await page.addInitScript(() => {
    addEventListener("pageshow", ({ persisted }) => Object.assign(window, { persisted }));
  });
  await page.goto("/");
  await hydrated(page);
  const button = page.getByRole("button", { name: "Continue with Bitbucket" });
  await button.click();
  await approve(page);
  await expect(page).toHaveURL("/dashboard");
  // Not in the call itself, which the navigation would interrupt.
  await page.evaluate(() => void setTimeout(() => history.go(-2)));
  await expect(page).toHaveURL("/");
  expect(await page.evaluate(() => (window as unknown as { persisted: boolean }).persisted)).toBe(true);
  await expect(page.getByRole("banner").getByRole("link", { name: "Ada Lovelace" })).toBeVisible();
  // No form of the restored page is still pending.
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
  await browser.close();
});
