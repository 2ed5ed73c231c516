import AxeBuilder from "@axe-core/playwright";
import { type Page } from "@playwright/test";
import { expect, hydrated, signIn, test } from "./app";

const pages = ["/", "/sign-in", "/sign-in?error=SESSION_EXPIRED", "/sign-in/failed?error=OAUTH_ACCESS_DENIED&reference=abcd1234", "/nowhere"];

async function check(page: Page) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`)).toEqual([]);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  expect(wide, "the page is wider than the screen").toBe(false);
}

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [360, 1280]) {
    test.describe(`${colorScheme}, ${width} pixels wide`, () => {
      test.use({ colorScheme, viewport: { width, height: 800 } });

      test("every page and state is accessible", async ({ page, silence }) => {
        silence.push("404", "400", "Failed to load resource");
        for (const path of pages) {
          await page.goto(path);
          await hydrated(page);
          await check(page);
        }
        await page.goto("/sign-in");
        await page.getByRole("button", { name: "Continue with Bitbucket" }).click();
        await expect(page.getByRole("heading", { name: "Allow access to your account?" })).toBeVisible();
        await check(page);
        await signIn(page);
        await hydrated(page);
        await expect(page.getByText("account, email")).toBeVisible();
        await check(page);
        await page.getByLabel("Name in this app").fill(" ");
        await page.getByRole("button", { name: "Save" }).click();
        await expect(page.getByText("This can't be changed")).toBeVisible();
        await check(page);
        await page.getByLabel("Name in this app").fill("A name of more than a few letters, as some have");
        await page.getByRole("button", { name: "Save" }).click();
        await expect(page.getByText("Your name is changed.")).toBeVisible();
        await check(page);
        await page.getByRole("button", { name: "Disconnect" }).click();
        await expect(page.getByText("Not connected")).toBeVisible();
        await check(page);
        // The page sends a request and gets no response.
        await page.context().setOffline(true);
        await page.evaluate(() => new BroadcastChannel("aura-auth").postMessage({ type: "session:sync" }));
        await expect(page.getByText("The server can't be reached.")).toBeVisible();
        await check(page);
      });
    });
  }
}

test("a person can sign in with the keyboard only", async ({ page }) => {
  await page.goto("/sign-in");
  await hydrated(page);
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the content" })).toBeFocused();
  for (let presses = 0; presses < 10; presses += 1) {
    if (await page.getByRole("button", { name: "Continue with Bitbucket" }).evaluate((it) => it === document.activeElement)) break;
    await page.keyboard.press("Tab");
  }
  const button = page.getByRole("button", { name: "Continue with Bitbucket" });
  await expect(button).toBeFocused();
  expect(await button.evaluate((it) => getComputedStyle(it).outlineStyle)).toBe("solid");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Allow access to your account?" })).toBeVisible();
  await page.getByLabel("Ada Lovelace").focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL("/dashboard");
  await hydrated(page);
  await page.getByLabel("Name in this app").focus();
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type("Countess");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Countess");
  await expect(page.getByLabel("Name in this app")).toBeFocused();
});
