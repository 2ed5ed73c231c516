// Small apps with their own configuration, and sessions that are created only from the wire contract.

import { hkdfSync, randomBytes } from "node:crypto";
import { CompactEncrypt, SignJWT } from "jose";
import { type BrowserContext, expect, test as base } from "@playwright/test";
import { start, stop } from "./processes";

const secret = randomBytes(32).toString("base64");
const salt = randomBytes(32).toString("base64");

/** Creates the tests of an app. `name` is the name of its wasm. */
export function testOf(program: string, site: string, name: string) {
  return base.extend<{}, { origin: string }>({
    origin: [
      async ({}, use) => {
        const server = await start(program, [], {
          AURA_AUTH_SECRET: secret,
          AURA_AUTH_SALT: salt,
          AURA_AUTH_BITBUCKET_CLIENT_ID: "key",
          AURA_AUTH_BITBUCKET_CLIENT_SECRET: "secret",
          LEPTOS_OUTPUT_NAME: name,
          LEPTOS_SITE_ROOT: site,
          LEPTOS_SITE_ADDR: "127.0.0.1:0",
        });
        await use(server.url);
        await stop(server);
      },
      { scope: "worker" },
    ],
    baseURL: async ({ origin }, use) => use(origin),
  });
}

export { expect };

/** Adds a session cookie to the browser. */
export async function signedIn(context: BrowserContext, url: string, name: string, own: object = {}) {
  const key = (use: string) => new Uint8Array(hkdfSync("sha256", secret, salt, `aura:${use}`, 32));
  const now = Math.floor(Date.now() / 1000);
  const claims = { ...own, sub: "{x}", name, iat: now, nbf: now, exp: now + 3600, jti: randomBytes(32).toString("base64url") };
  const jws = await new SignJWT(claims).setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(key("signing"));
  const jwe = await new CompactEncrypt(new TextEncoder().encode(jws))
    .setProtectedHeader({ alg: "dir", enc: "A256GCM", cty: "JWT", typ: "JWT" })
    .encrypt(key("encryption"));
  await context.addCookies([{ name: "aura-auth.session_token", value: jwe, url }]);
}
