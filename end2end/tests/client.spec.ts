import { resolve } from "node:path";
import { type Page } from "@playwright/test";
import { approve, expect, signIn, test } from "./app";

// `AuthClient` in a page. The tests serve its module from the build's folder, on the app's origin.
const folder = process.env.CLIENT ?? resolve(import.meta.dirname, "../../target/client-test/pkg");

/** Calls a function of the client. Returns its result, or the text of its error. */
async function call(page: Page, name: string, ...args: unknown[]): Promise<string> {
  return page.evaluate(
    async ([name, args]) => {
      const client = await import("/pkg/client/aura-auth-client-test.js");
      await client.default({ module_or_path: "/pkg/client/aura-auth-client-test.wasm" });
      return client[name](...args).catch((error: unknown) => `error: ${error}`);
    },
    [name, args] as const,
  );
}

test.beforeEach(async ({ page }) => {
  await page.route("/pkg/client/*", (route) => route.fulfill({ path: resolve(folder, new URL(route.request().url()).pathname.split("/").pop()!) }));
});

test("a page's own code can sign in, read and change the session, and sign out", async ({ page, app, silence }) => {
  silence.push("401");
  await page.goto("/");
  for (const base of [`${app}/auth`, "/auth"]) {
    expect(await call(page, "get_session", base)).toBe("null");
  }
  const url = `${app}/auth/signIn/bitbucket?redirectTo=%2Fdashboard`;
  expect(await call(page, "sign_in", "/auth", "bitbucket", "/dashboard", false)).toBe(url);
  await expect(page).toHaveURL("/");

  await call(page, "sign_in", "/auth", "bitbucket", "/dashboard", true).catch(() => "the page has gone");
  await approve(page);
  await expect(page).toHaveURL("/dashboard");
  expect(JSON.parse(await call(page, "get_session", "/auth")).user.name).toBe("Ada Lovelace");
  expect(await call(page, "rename", "/auth", "Countess")).toBe("Countess");
  expect(await call(page, "access_token", "/auth", "bitbucket")).toHaveLength(2500);
  expect(await call(page, "sign_out", `${app}/auth`, "/")).toBe("/");
  expect((await page.context().cookies()).map(({ name }) => name)).toEqual(["aura-auth.signed_out"]);
});

test("a wrong base URL and an unknown provider have their own errors", async ({ page, app, silence }) => {
  silence.push("404", "422");
  await signIn(page);
  expect(await call(page, "get_session", app)).toContain("its path included");
  expect(await call(page, "get_session", "localhost/auth")).toContain("is not a base URL");
  expect(await call(page, "sign_in", "/auth", "nobody", "/", false)).toContain("UNPROCESSABLE_ENTITY");
});
