// The smallest app, which people build with the README's guide. It uses the URLs of the real Bitbucket, so the tests
// play Bitbucket's part.

import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { approve } from "./app";
import { freePort, root, start, stop } from "./processes";
import { expect, signedIn, testOf } from "./small-app";

const program = process.env.MINIMAL ?? resolve(root, "target/debug/minimal");
const site = process.env.MINIMAL_SITE ?? resolve(root, "target/site-minimal");
const standIn = process.env.STAND_IN ?? resolve(root, "target/debug/examples/stand_in");
const test = testOf(program, site, "minimal");

test("one environment variable makes the app use the stand-in of the examples", async ({ page }) => {
  const [appPort, bitbucketPort] = [await freePort(), await freePort()];
  const environment = {
    AURA_AUTH_SECRET: randomBytes(32).toString("base64"),
    AURA_AUTH_SALT: randomBytes(32).toString("base64"),
    AURA_AUTH_BASE_URL: `http://127.0.0.1:${appPort}`,
    AURA_AUTH_BITBUCKET_CLIENT_ID: "any",
    AURA_AUTH_BITBUCKET_CLIENT_SECRET: "text",
    AURA_AUTH_BITBUCKET_URL: `http://127.0.0.1:${bitbucketPort}`,
    LEPTOS_OUTPUT_NAME: "minimal",
    LEPTOS_SITE_ROOT: site,
    LEPTOS_SITE_ADDR: `127.0.0.1:${appPort}`,
  };
  const bitbucket = await start(standIn, [], environment);
  const app = await start(program, [], environment);
  await page.goto(`${app.url}/private`);
  await page.getByRole("button", { name: "Continue with Bitbucket" }).click();
  await approve(page);
  await expect(page).toHaveURL(`${app.url}/private`);
  await expect(page.getByRole("heading", { name: "Hello Ada Lovelace" })).toBeVisible();
  await stop(app);
  await stop(bitbucket);
});

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with scripts" : "without scripts", () => {
    test.use({ javaScriptEnabled });

    test("a signed-out person is redirected to Bitbucket, and a member signs in and out", async ({ page, context, origin }) => {
      const asked: URL[] = [];
      await context.route("https://bitbucket.org/**", async (route) => {
        asked.push(new URL(route.request().url()));
        await route.fulfill({ contentType: "text/html", body: "<h1>Bitbucket</h1>" });
      });
      await page.goto("/");
      await page.getByRole("link", { name: "The page for members" }).click();
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
