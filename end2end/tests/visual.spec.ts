// Screenshots of the main pages. If a screenshot changes, look at it before you replace it (`cargo xtask browser visual
// --update-snapshots`). The font is npm's Inter, so that the text is the same on every computer.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Page } from "@playwright/test";
import { expect, hydrated, signIn, test } from "./app";

const inter = (weight: number) =>
  readFileSync(resolve(import.meta.dirname, `../node_modules/@fontsource/inter/files/inter-latin-${weight}-normal.woff2`), "base64");
const faces = [400, 600, 700].map(
  (weight) => `@font-face { font-family: "Inter"; font-weight: ${weight}; src: url(data:font/woff2;base64,${inter(weight)}) }`,
);
const style = `${faces.join("\n")}
  *, *::before, *::after { font-family: "Inter" !important; animation: none !important; caret-color: transparent !important }
  code, code * { letter-spacing: 0 }`;

async function look(page: Page, name: string) {
  await page.addStyleTag({ content: style });
  await page.evaluate(() => document.fonts.ready);
  await expect(page).toHaveScreenshot(`${name}.png`, {
    fullPage: true,
    maxDiffPixelRatio: 0.01,
    // These texts differ in every run.
    mask: [page.locator("time"), page.getByText(/^\d+ \w+ \d{4}, \d\d:\d\d UTC$/)],
  });
}

for (const colorScheme of ["light", "dark"] as const) {
  for (const [device, width] of [["desk", 1280], ["phone", 375]] as const) {
    test.describe(`${colorScheme}, ${device}`, () => {
      // The test adds a font to the page, which the Content-Security-Policy does not allow.
      test.use({ colorScheme, viewport: { width, height: 800 }, bypassCSP: true });

      test("the main pages look as they should", async ({ page }) => {
        for (const [name, path] of [
          ["home", "/"],
          ["sign-in", "/sign-in?redirectTo=/dashboard&error=SESSION_EXPIRED"],
          ["failed", "/sign-in/failed?error=OAUTH_ACCESS_DENIED&reference=abcd1234"],
        ]) {
          await page.goto(path);
          await hydrated(page);
          await look(page, `${name}-${colorScheme}-${device}`);
        }
        await signIn(page);
        await hydrated(page);
        // Other tests have signed in as the same person.
        const others = page.getByRole("button", { name: "Sign out in all other browsers" });
        if (await others.isVisible()) {
          await others.click();
          await expect(others).toHaveCount(0);
          await page.reload();
          await hydrated(page);
        }
        await expect(page.getByText("account, email")).toBeVisible();
        await look(page, `dashboard-${colorScheme}-${device}`);
      });
    });
  }
}
