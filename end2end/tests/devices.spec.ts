// Where a person is signed in: the list on the dashboard, with sessions in SQLite.

import { type Browser, type Page } from "@playwright/test";
import { expect, hydrated, signIn, test } from "./app";

const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/** Signs in as an account in another browser, which calls itself Firefox. */
async function elsewhere(browser: Browser, url: string, account: string): Promise<Page> {
  const context = await browser.newContext({ baseURL: url, userAgent: FIREFOX });
  const page = await context.newPage();
  await signIn(page, account);
  return page;
}

const entries = (page: Page) => page.getByRole("region", { name: "Where you are signed in" }).getByRole("listitem");

// The accounts differ, because all tests share one server, and these tests end all other sessions of their account.
for (const [javaScriptEnabled, account] of [[true, "Ada Lovelace"], [false, "Grace Hopper"]] as const) {
  test.describe(javaScriptEnabled ? "with scripts" : "without scripts", () => {
    test.use({ javaScriptEnabled });
    test.describe.configure({ mode: "serial" });

    test("another browser is listed and can be signed out from here", async ({ page, browser, baseURL, silence }) => {
      // Without scripts, the preloaded wasm is not used.
      silence.push("was preloaded using link preload");
      await signIn(page, account);
      // Sessions of other tests.
      const others = page.getByRole("button", { name: "Sign out in all other browsers" });
      if (javaScriptEnabled) await hydrated(page);
      if (await others.isVisible()) await others.click();
      await expect(entries(page)).toHaveCount(1);
      await expect(entries(page)).toContainText("This browser");
      await expect(others).toHaveCount(0);

      const other = await elsewhere(browser, baseURL!, account);
      await page.reload();
      if (javaScriptEnabled) await hydrated(page);
      await expect(entries(page)).toHaveCount(2);
      await expect(entries(page).first()).toContainText("Firefox on Linux");
      await expect(entries(page).first()).toContainText("127.0.0.1");
      await page.getByRole("button", { name: "Sign out Firefox on Linux" }).click();
      await expect(entries(page)).toHaveCount(1);
      await expect(page).toHaveURL("/dashboard");
      if (javaScriptEnabled) await expect(page.getByText("That browser is signed out.")).toBeVisible();

      await other.goto("/dashboard");
      await expect(other).toHaveURL(/\/sign-in/);
      await page.reload();
      await expect(page.getByRole("heading", { name: account })).toBeVisible();
      await other.context().close();
    });

    test("all other browsers can be signed out at once", async ({ page, browser, baseURL, silence }) => {
      silence.push("was preloaded using link preload");
      await signIn(page, account);
      const pages = [await elsewhere(browser, baseURL!, account), await elsewhere(browser, baseURL!, account)];
      await page.reload();
      if (javaScriptEnabled) await hydrated(page);
      await page.getByRole("button", { name: "Sign out in all other browsers" }).click();
      await expect(entries(page)).toHaveCount(1);
      for (const other of pages) {
        await other.goto("/dashboard");
        await expect(other).toHaveURL(/\/sign-in/);
        await other.context().close();
      }
    });
  });
}

test("a browser that was signed out from elsewhere shows it when its tab gets the focus", async ({ page, browser, baseURL }) => {
  await page.clock.install();
  await signIn(page, "Grace Hopper");
  await hydrated(page);
  const other = await elsewhere(browser, baseURL!, "Grace Hopper");
  await hydrated(other);
  await other.getByRole("button", { name: "Sign out in all other browsers" }).click();
  await expect(entries(other)).toHaveCount(1);
  await page.clock.fastForward(31_000);
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));
  await expect(page).toHaveURL(/\/sign-in/);
  await other.context().close();
});
