// The smallest app, as people make it by the README's guide: with the real Bitbucket's addresses, so
// that the provider's half is played here, and the session is made as the TypeScript release makes it.

import { hkdfSync, randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { CompactEncrypt, SignJWT } from "jose";
import { type BrowserContext, expect, test as base } from "@playwright/test";
import { root, start, stop } from "./processes";

const program = process.env.MINIMAL ?? resolve(root, "target/debug/minimal");
const site = process.env.MINIMAL_SITE ?? resolve(root, "target/site-minimal");
const secret = randomBytes(32).toString("base64");
const salt = randomBytes(32).toString("base64");

const test = base.extend<{}, { minimal: string }>({
  minimal: [
    async ({}, use) => {
      const server = await start(program, [], {
        AURA_AUTH_SECRET: secret,
        AURA_AUTH_SALT: salt,
        AURA_AUTH_BITBUCKET_CLIENT_ID: "key",
        AURA_AUTH_BITBUCKET_CLIENT_SECRET: "secret",
        LEPTOS_OUTPUT_NAME: "minimal",
        LEPTOS_SITE_ROOT: site,
        LEPTOS_SITE_ADDR: "127.0.0.1:0",
      });
      await use(server.url);
      await stop(server);
    },
    { scope: "worker" },
  ],
  baseURL: async ({ minimal }, use) => use(minimal),
});

/** A session's cookie, by the wire contract alone. */
async function signedIn(context: BrowserContext, url: string, name: string) {
  const key = (use: string) => new Uint8Array(hkdfSync("sha256", secret, salt, `aura:${use}`, 32));
  const now = Math.floor(Date.now() / 1000);
  const claims = { sub: "{x}", name, iat: now, nbf: now, exp: now + 3600, jti: randomBytes(32).toString("base64url") };
  const jws = await new SignJWT(claims).setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(key("signing"));
  const jwe = await new CompactEncrypt(new TextEncoder().encode(jws))
    .setProtectedHeader({ alg: "dir", enc: "A256GCM", cty: "JWT", typ: "JWT" })
    .encrypt(key("encryption"));
  await context.addCookies([{ name: "aura-auth.session_token", value: jwe, url }]);
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with scripts" : "without scripts", () => {
    test.use({ javaScriptEnabled });

    test("a stranger is sent to Bitbucket, and a member in and out", async ({ page, context, minimal }) => {
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
      expect(asked[0].searchParams.get("redirect_uri")).toBe(`${minimal}/auth/callback/bitbucket`);
      expect(asked[0].searchParams.get("code_challenge_method")).toBe("S256");

      await signedIn(context, minimal, "Ada Lovelace");
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
