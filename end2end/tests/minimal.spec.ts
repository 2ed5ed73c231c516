// The smallest app, which people build with the README's guide. It uses the URLs of the real Bitbucket, so the tests
// play Bitbucket's part.

import { resolve } from "node:path";
import { root } from "./processes";
import { expect, signedIn, testOf } from "./small-app";

const test = testOf(
  process.env.MINIMAL ?? resolve(root, "target/debug/minimal"),
  process.env.MINIMAL_SITE ?? resolve(root, "target/site-minimal"),
  "minimal",
);

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with scripts" : "without scripts", () => {
    test.use({ javaScriptEnabled });

    test("a stranger is sent to Bitbucket, and a member in and out", async ({ page, context, origin }) => {
      const asked: URL[] = [];
      await context.route("https://bitbucket.org/**", async (route) => {
        asked.push(new URL(route.request().url()));
        await route.fulfill({ contentType: "text/html", body: "<h1>Bitbucket</h1>" });
      });
      await page.goto("/");
      await page.getByRole("link", { name: "Members, this way" }).click();
      await expect(page).toHaveURL("/sign-in?redirectTo=%2Fprivate");
      await page.getByRole("button", { name: "Continue with Bitbucket" }).click();
      await expect(page.getByRole("heading", { name: "Bitbucket" })).toBeVisible();
      expect(asked[0].pathname).toBe("/site/oauth2/authorize");
      expect(asked[0].searchParams.get("redirect_uri")).toBe(`${origin}/auth/callback/bitbucket`);
      expect(asked[0].searchParams.get("code_challenge_method")).toBe("S256");

      await signedIn(context, origin, "Ada Lovelace");
      await page.goto("/sign-in?redirectTo=%2Fprivate");
      await expect(page).toHaveURL("/private");
      await expect(page.getByRole("heading", { name: "Hello Ada Lovelace" })).toBeVisible();
      if (javaScriptEnabled) await page.waitForLoadState("networkidle");
      await page.getByRole("button", { name: "Sign out" }).click();
      await expect(page).toHaveURL("/");
      await page.goto("/private");
      await expect(page).toHaveURL("/sign-in?redirectTo=%2Fprivate");
    });
  });
}
