// Pages of every rendering mode, under the default base path and another one, with a sign-out above the routes, two
// forms of one action, and hooks that need a provider's tokens.

import { resolve } from "node:path";
import { type Page, expect, test as base } from "@playwright/test";
import { approve, hydrated } from "./app";
import { root, start, stop } from "./processes";

const program = process.env.MODES ?? resolve(root, "target/debug/aura-auth-modes-test");
const site = process.env.MODES_SITE ?? resolve(root, "target/site-aura-auth-modes-test");

/** Creates the tests of the app whose endpoints have this base path. */
function testUnder(basePath: string) {
  return base.extend<{ said: string[] }, { origin: string }>({
    origin: [
      async ({}, use) => {
        const server = await start(program, [basePath], {
          LEPTOS_OUTPUT_NAME: "aura-auth-modes-test",
          LEPTOS_SITE_ROOT: site,
          LEPTOS_SITE_ADDR: "127.0.0.1:0",
        });
        await use(server.url);
        await stop(server);
      },
      { scope: "worker" },
    ],
    baseURL: async ({ origin }, use) => use(origin),
    /** All console messages, except that the icon is missing. */
    said: async ({ page }, use) => {
      const said: string[] = [];
      page.on("console", (message) => {
        if (!message.location().url.endsWith("/favicon.ico")) said.push(message.text());
      });
      page.on("pageerror", (error) => said.push(String(error)));
      await use(said);
    },
  });
}

const test = testUnder("/auth");

async function signIn(page: Page, path = "/") {
  await page.goto(path);
  await page.getByRole("button", { name: "Sign in" }).click();
  await approve(page);
}

/** Returns the paths of the library that the page requests from now on. */
function asked(page: Page): string[] {
  const paths: string[] = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (/^\/(auth|api)\//.test(pathname)) paths.push(pathname);
  });
  return paths;
}

/** Returns the URL to which a form without scripts is redirected after an error. */
function failed(page: string, fn: string, code: string) {
  return `${page}?__path=${encodeURIComponent(`/api/aura-auth/${fn}`)}&__err=${encodeURIComponent(btoa(`"${code}"`))}`;
}

test("the README's tasks work in a browser", async ({ page, said }) => {
  await signIn(page);
  await page.goto("/readme");
  const tasks = page.getByRole("region", { name: "Tasks" });
  await hydrated(page);
  await expect(tasks.getByRole("navigation")).toContainText("Ada Lovelace");
  await expect(tasks.getByRole("listitem")).toHaveText("analytical-engine");
  await tasks.getByLabel("Note").fill("<b>hello</b>");
  await tasks.getByRole("button", { name: "Add" }).click();
  await expect(tasks.getByRole("status")).toHaveText("Ada Lovelace wrote: <b>hello</b>");
  await expect(page).toHaveURL("/readme");
  expect(said).toEqual([]);
  await tasks.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL("/");
  await page.goto("/readme");
  await expect(tasks.getByRole("link", { name: "Sign in" })).toBeVisible();
});

test("the first HTML of every mode contains the name, and hydration sends no request", async ({ page, context, said }) => {
  await signIn(page);
  await expect(page.locator("#name")).toHaveText("Ada Lovelace");
  for (const path of ["/out-of-order", "/in-order", "/partially", "/async", "/private"]) {
    const html = await (await context.request.get(path)).text();
    // Scripts may insert the content of a Suspense. This depends on a race between Leptos' threads.
    for (const id of ["name", "resource"]) {
      expect(html.split("</html>")[0], path).toContain(`<p id="${id}">Ada Lovelace`);
    }
    const paths = asked(page);
    await page.goto(path);
    await hydrated(page);
    await page.waitForTimeout(200);
    expect(paths, path).toEqual([]);
    await expect(page.locator("#status")).toHaveText("authenticated");
    for (const id of ["name", "resource", "awaited", "transition"]) {
      await expect(page.locator(`#${id}`)).toHaveText("Ada Lovelace");
    }
    page.removeAllListeners("request");
  }
  expect(said).toEqual([]);
});

test("a static page contains no session, and the browser requests it once", async ({ page, context, said }) => {
  await signIn(page);
  // The previous page has finished all its requests.
  await expect(page.locator("#token")).toHaveText("2500");
  const html = await (await context.request.get("/static")).text();
  expect(html).toContain('<p id="status">pending');
  expect(html).not.toContain("Ada");
  const paths = asked(page);
  await page.goto("/static");
  await expect(page.locator("#status")).toHaveText("authenticated");
  await expect(page.locator("#name")).toHaveText("Ada Lovelace");
  await expect(page.locator("#awaited")).toHaveText("Ada Lovelace");
  await page.waitForTimeout(200);
  expect(paths).toEqual(["/api/aura-auth/get_session"]);
  await context.clearCookies();
  await page.goto("/static");
  await expect(page.locator("#status")).toHaveText("unauthenticated");
  expect(said).toEqual([]);
});

for (const [basePath, test] of [["/auth", testUnder("/auth")], ["/api/auth", testUnder("/api/auth")]] as const) {
  test(`the hooks of a provider work under ${basePath}`, async ({ page, said }) => {
    await signIn(page);
    await expect(page.locator("#connected")).toHaveText("true");
    // Browsers send the token's cookies only to the base path's /providers.
    await expect(page.locator("#token")).toHaveText("2500");
    await page.getByRole("textbox", { name: "Name" }).fill("Countess");
    await page.getByRole("button", { name: "Rename" }).click();
    await expect(page.locator("#name")).toHaveText("Countess");
    await page.getByRole("button", { name: "Read again" }).click();
    await expect(page.locator("#name")).toHaveText("Ada Lovelace");
    const paths = asked(page);
    await page.getByRole("button", { name: "Check" }).click();
    await expect.poll(() => paths.length).toBeGreaterThan(0);
    await expect(page.locator("#connected")).toHaveText("true");
    expect(paths[0]).toBe(basePath === "/auth" ? "/auth/providers/is_provider_connected" : "/api/auth/providers/bitbucket");
    await page.getByRole("button", { name: "Disconnect" }).click();
    await expect(page.locator("#connected")).toHaveText("false");
    expect((await page.context().cookies()).filter(({ name }) => name.includes("provider_tokens"))).toEqual([]);
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
    expect(said).toEqual([]);
  });

  test(`an error response of a gateway revokes no token under ${basePath}`, async ({ page }) => {
    await signIn(page);
    await expect(page.locator("#token")).toHaveText("2500");
    for (const [status, contentType, body, code] of [
      [503, "application/json", '{"message":"upstream"}', "SERVER_UNREACHABLE"],
      [200, "application/json", '{"message":"portal"}', "SERVER_ERROR"],
      [502, "text/html", "<h1>Bad gateway</h1>", "SERVER_UNREACHABLE"],
      [200, "text/html", "<h1>Welcome to our Wi-Fi</h1>", "SERVER_ERROR"],
      [504, "text/plain", "", "SERVER_UNREACHABLE"],
      [200, "application/json", '{"success":false}', "SERVER_ERROR"],
    ] as const) {
      await page.route("**/providers/**", (route) => route.fulfill({ status, contentType, body }));
      await page.getByRole("button", { name: "Revoke" }).click();
      await expect(page.locator("#revoke-error"), body).toHaveText(code);
      await expect(page.locator("#connected"), body).toHaveText("true");
      await page.unroute("**/providers/**");
    }
    // Bitbucket has no revocation, so the app itself answers with this error.
    await page.getByRole("button", { name: "Revoke" }).click();
    await expect(page.locator("#revoke-error")).toHaveText("OAUTH_INVALID_REVOKE_TOKEN_CONFIG");
  });
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with scripts" : "without scripts", () => {
    test.use({ javaScriptEnabled });

    test("two forms of one action each send their own fields", async ({ page, said }) => {
      await signIn(page);
      if (javaScriptEnabled) await hydrated(page);
      await page.getByRole("textbox", { name: "Name" }).fill("Countess");
      await page.getByRole("button", { name: "Rename" }).click();
      await expect(page.locator("#name")).toHaveText("Countess");
      await page.getByRole("button", { name: "Forget my name" }).click();
      await expect(page.locator("#name")).toHaveText("Anonymous");
      // An empty field removes the value.
      await page.getByRole("textbox", { name: "Name" }).fill("");
      await page.getByRole("button", { name: "Rename" }).click();
      await expect(page.locator("#name")).toHaveText("");
      expect(said).toEqual([]);
    });

    test("a failed form shows its error until the next page", async ({ page }) => {
      await signIn(page);
      if (javaScriptEnabled) await hydrated(page);
      await page.getByRole("textbox", { name: "Name" }).fill(" ");
      await page.getByRole("button", { name: "Rename" }).click();
      await expect(page.locator("#update-error")).toHaveText("This can't be changed, or the new value is not allowed.");
      await page.getByRole("link", { name: "Out of order" }).click();
      await expect(page.locator("#status")).toHaveText("authenticated");
      await page.goBack();
      // Without scripts, Back loads the page with the error again.
      if (javaScriptEnabled) await expect(page.locator("#update-error")).toBeEmpty();
    });

    test("a sign-out form above the routes shows the error in the URL until the next page", async ({ page }) => {
      await signIn(page);
      await page.goto(failed("/", "sign_out", "CSRF_ORIGIN_REJECTED"));
      if (javaScriptEnabled) await hydrated(page);
      const alert = page.getByRole("banner").getByRole("alert");
      await expect(alert).toHaveText("The request came from another site, so it was not carried out.");
      await page.getByRole("link", { name: "Out of order" }).click();
      await expect(page.locator("#status")).toHaveText("authenticated");
      await expect(alert).toBeEmpty();

      // A forged error shows one of our own messages.
      await page.goto(failed("/", "sign_out", "Call 0800 123 now"));
      await expect(alert).toHaveText("Something went wrong on our side. Please try again.");
      await page.getByRole("button", { name: "Sign out" }).click();
      await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
    });
  });
}

test("code that reads the user does not run again when the session is prolonged", async ({ page, context }) => {
  await signIn(page);
  await page.goto("/out-of-order");
  await hydrated(page);
  const runs = Number(await page.locator("#runs").textContent());
  const other = await context.newPage();
  await other.goto("/favicon.ico");
  const tell = (name: string, expires: string) =>
    other.evaluate(
      ({ name, expires }) => {
        const user = { sub: "{a54f16da-24e9-4d7f-a3a7-b1ba2cd98aa3}", name, image: null, email: "ada@example.org" };
        new BroadcastChannel("aura-auth").postMessage({ type: "session:update", payload: { user, expires } });
      },
      { name, expires },
    );
  await tell("Countess", "2030-01-01T00:00:00.000Z");
  await expect(page.locator("#name")).toHaveText("Countess");
  await expect(page.locator("#runs")).toHaveText(String(runs + 1));
  await tell("Countess", "2031-01-01T00:00:00.000Z");
  await expect(page.locator("#expires")).toHaveText(String(Date.parse("2031-01-01T00:00:00.000Z") / 1000));
  await expect(page.locator("#runs")).toHaveText(String(runs + 1));
});

test("a sign-out whose request failed shows its error until the next page", async ({ page }) => {
  await signIn(page);
  await hydrated(page);
  await page.route("**/sign_out", (route) => route.abort());
  await page.getByRole("button", { name: "Sign out" }).click();
  const alert = page.getByRole("banner").getByRole("alert");
  await expect(alert).toHaveText("The server can't be reached. Please check your connection and try again.");
  await expect(page.locator("[aria-busy]")).toHaveCount(0);
  await page.getByRole("link", { name: "Out of order" }).click();
  await expect(page.locator("#status")).toHaveText("authenticated");
  await expect(alert).toBeEmpty();
});

test("the fragment of a deep link survives signing in", async ({ page }) => {
  // Through the address bar.
  await page.goto("/private?tab=a%2Fb#second");
  await hydrated(page);
  await page.getByRole("button", { name: "Sign in" }).click();
  await approve(page);
  await expect(page).toHaveURL("/private?tab=a%2Fb#second");
  // Through a link in the page.
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL("/");
  await hydrated(page);
  await page.getByRole("link", { name: "Private" }).click();
  await expect(page).toHaveURL(/\/sign-in\?redirectTo=/);
  await page.getByRole("button", { name: "Sign in" }).click();
  await approve(page);
  await expect(page).toHaveURL("/private#third");
});

test("the oldest browser that the README names signs in and out with scripts", async ({ page, said }) => {
  // Removes the APIs that Safari 15, Chrome 100 or Firefox 100 do not have.
  await page.addInitScript(() => {
    const remove = (holder: object, ...names: string[]) => {
      for (const name of names) delete (holder as Record<string, unknown>)[name];
    };
    remove(AbortSignal, "timeout", "any");
    remove(Promise, "withResolvers", "try");
    remove(URL, "canParse", "parse");
    remove(Array.prototype, "findLast", "findLastIndex", "toSorted", "toReversed", "toSpliced", "with");
    remove(Object, "groupBy");
    remove(SubmitEvent.prototype, "submitter");
    remove(window, "structuredClone", "navigation", "scheduler");
    remove(Response, "json");
    remove(PerformanceResourceTiming.prototype, "responseStatus");
  });
  const sent: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST" && request.resourceType() === "fetch") sent.push(new URL(request.url()).pathname);
  });
  await page.goto("/");
  await hydrated(page);
  await page.getByRole("button", { name: "Sign in" }).click();
  await approve(page);
  await hydrated(page);
  await page.getByRole("textbox", { name: "Name" }).fill("Countess");
  await page.getByRole("button", { name: "Rename" }).click();
  await expect(page.locator("#name")).toHaveText("Countess");
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
  for (const fn of ["sign_in", "update_session", "sign_out"]) expect(sent).toContain(`/api/aura-auth/${fn}`);
  expect(said).toEqual([]);
});

test("a form that scripts can't send is sent by the browser", async ({ page }) => {
  await signIn(page);
  await page.goto("/");
  await hydrated(page);
  await page.evaluate(() => Object.assign(window, { fetch: undefined }));
  const posted = page.waitForRequest((request) => request.isNavigationRequest() && request.method() === "POST");
  await page.getByRole("button", { name: "Sign out" }).click();
  expect(new URL((await posted).url()).pathname).toBe("/api/aura-auth/sign_out");
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
});

test("a page whose hydration failed is reloaded when it becomes visible again", async ({ page }) => {
  await signIn(page);
  // A proxy between the server and the browser has changed the page.
  await page.route("/out-of-order", async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replaceAll("<!>", "");
    await route.fulfill({ response, body });
  });
  await page.goto("/out-of-order");
  await page.waitForLoadState("networkidle");
  expect(await page.evaluate(() => document.documentElement.hasAttribute("data-hydrated"))).toBe(false);
  await page.unroute("/out-of-order");
  const loaded = page.waitForEvent("load");
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange", { bubbles: true })));
  await loaded;
  await hydrated(page);
  await expect(page.locator("#name")).toHaveText("Ada Lovelace");
});
