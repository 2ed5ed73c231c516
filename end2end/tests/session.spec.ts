// The session stays up to date: across tabs, over time, and while the server can't be reached.

import { type BrowserContext, type Page } from "@playwright/test";
import { secretsOf } from "./processes";
import { approve, expect, hydrated, settled, signIn, signOutButton, test } from "./app";

const SESSION = "**/api/aura-auth/get_session";

/** Opens a hydrated page in a new tab. */
async function tab(context: BrowserContext, path = "/dashboard"): Promise<Page> {
  const page = await context.newPage();
  await page.goto(path);
  await hydrated(page);
  return page;
}

/** Counts the page's requests for the session. */
function asked(page: Page): { count: number } {
  const questions = { count: 0 };
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === "/api/aura-auth/get_session") questions.count += 1;
  });
  return questions;
}

/** Simulates that the person returns to the page. */
async function focus(page: Page) {
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));
}

async function hide(page: Page, hidden: boolean) {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, "visibilityState", { value: hidden ? "hidden" : "visible", configurable: true });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  }, hidden);
}

test("a sign-out in one tab is shown in all tabs without a request", async ({ page, context }) => {
  await signIn(page);
  const [second, third] = [await tab(context), await tab(context, "/")];
  const questions = [asked(second), asked(third)];
  await page.bringToFront();
  await hydrated(page);
  await signOutButton(page).click();
  await expect(page).toHaveURL("/");

  await expect(second).toHaveURL("/sign-in?redirectTo=%2Fdashboard&error=SESSION_EXPIRED");
  await expect(second.getByRole("alert").getByText("Your session has ended. Please sign in again.")).toBeVisible();
  await expect(second.getByText("ada@example.org")).toHaveCount(0);
  await expect(third.getByRole("banner").getByRole("link", { name: "Sign in" })).toBeVisible();
  expect(questions.map(({ count }) => count)).toEqual([0, 0]);
});

test("a sign-in in one tab is shown in all tabs, and a waiting sign-in page redirects", async ({ page, context }) => {
  await page.goto("/");
  await hydrated(page);
  const waiting = await tab(context, "/sign-in?redirectTo=/dashboard%3Ffrom%3Dwaiting");
  const flow = await context.newPage();
  await flow.goto("/auth/signIn/bitbucket?redirectTo=/");
  await approve(flow);
  await expect(flow).toHaveURL("/");
  await expect(page.getByRole("banner").getByRole("link", { name: "Ada Lovelace" })).toBeVisible();
  await expect(waiting).toHaveURL("/dashboard?from=waiting");
});

test("a change in one tab is shown in the others and keeps their unsent input", async ({ page, context }) => {
  await signIn(page);
  await hydrated(page);
  const other = await tab(context);
  await other.getByLabel("Name in this app").fill("Not sent yet");
  await page.getByLabel("Name in this app").fill("Countess Lovelace");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("status").getByText("Your name is changed.")).toBeVisible();
  for (const tab of [page, other]) await expect(tab.getByRole("heading", { level: 1 })).toHaveText("Countess Lovelace");
  await expect(other.getByLabel("Name in this app")).toHaveValue("Not sent yet");
});

test("another person's sign-in in a second tab is shown in the first", async ({ page, context }) => {
  await signIn(page);
  await hydrated(page);
  const other = await context.newPage();
  await other.goto("/auth/signIn/bitbucket?redirectTo=/");
  await approve(other, "Grace Hopper");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Grace Hopper");
  // A change on this page now applies to the person that it shows.
  await page.getByLabel("Name in this app").fill("Admiral Hopper");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(other.getByRole("link", { name: "Admiral Hopper" })).toBeVisible();
});

test("an action meant for one person does not change another person's session", async ({ page, context, browser, app, silence }) => {
  silence.push("403");
  await signIn(page);
  await settled(page);
  // Another person's session and tokens replace the cookies, and no tab sends a message about it.
  const other = await browser.newContext({ baseURL: app });
  const elsewhere = await other.newPage();
  await signIn(elsewhere, "Grace Hopper");
  await context.clearCookies();
  await context.addCookies((await other.cookies()).filter(({ name }) => !name.includes("csrf_token")));

  await page.getByLabel("Name in this app").fill("Mallory");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.locator("form.edit").getByRole("alert")).toHaveText(/reload/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Grace Hopper");
  await elsewhere.reload();
  await expect(elsewhere.getByRole("heading", { level: 1 })).toHaveText("Grace Hopper");
  await other.close();
});

test("a slowly loaded page receives the changes that happened while it loaded", async ({ page, context }) => {
  await signIn(page);
  await hydrated(page);
  const slow = await context.newPage();
  // The wasm is delayed until another tab has signed out.
  let release = () => {};
  const held = new Promise<void>((done) => (release = done));
  await slow.route("**/*.wasm", async (route) => {
    await held;
    await route.continue();
  });
  // The front page sends no requests of its own.
  await slow.goto("/", { waitUntil: "commit" });
  await expect(slow.getByRole("banner").getByRole("link", { name: "Ada Lovelace" })).toBeVisible();
  const third = await tab(context, "/");
  await signOutButton(page).click();
  await expect(page).toHaveURL("/");
  await hydrated(page);
  await expect(third.getByRole("banner").getByRole("link", { name: "Sign in" })).toBeVisible();
  release();
  await expect(slow.getByRole("banner").getByRole("link", { name: "Sign in" })).toBeVisible();
  await expect(third.getByRole("banner").getByRole("link", { name: "Sign in" })).toBeVisible();
});

test("a page opened without the cookie does not sign out other tabs", async ({ page, context }) => {
  await signIn(page);
  await hydrated(page);
  const questions = asked(page);
  const other = await tab(context, "/");
  await page.bringToFront();
  // This is the message of a page that another site's form has opened: then the browser does not send the Lax cookie.
  await other.evaluate(() => {
    const opened = { type: "session:clear", at: Date.now() + 1000, hello: true };
    new BroadcastChannel("aura-auth").postMessage(opened);
  });
  await expect.poll(() => questions.count).toBe(1);
  await page.waitForTimeout(300);
  await expect(page.getByRole("heading", { name: "Ada Lovelace" })).toBeVisible();
});

test("Back from the sign-in page after a session expired does not redirect to it again", async ({ page, context }) => {
  await signIn(page);
  await page.goto("/");
  await hydrated(page);
  await page.getByRole("banner").getByRole("link", { name: "Ada Lovelace" }).click();
  await expect(page).toHaveURL("/dashboard");
  const other = await tab(context, "/");
  await other.evaluate(() => new BroadcastChannel("aura-auth").postMessage({ type: "session:clear" }));
  await expect(page).toHaveURL("/sign-in?redirectTo=%2Fdashboard&error=SESSION_EXPIRED");
  await page.goBack();
  await expect(page).toHaveURL("/");
});

test("an invalid message from another tab changes nothing", async ({ page, context }) => {
  await signIn(page);
  await settled(page);
  const questions = asked(page);
  const other = await tab(context, "/");
  await page.bringToFront();
  const before = questions.count;
  await other.evaluate(() => {
    const channel = new BroadcastChannel("aura-auth");
    const user = { sub: "mallory", name: "Mallory", image: null, email: null };
    const at = Date.now() + 1000;
    for (const message of [
      null,
      7,
      "session:clear",
      [],
      {},
      { type: null, at },
      { type: "session:nothing", at },
      { type: ["session:clear"], at },
      { type: "session:update", at },
      { type: "session:update", at, payload: null },
      { type: "session:update", at, payload: "x".repeat(1_000_000) },
      { type: "session:update", at, payload: { user } },
      { type: "session:update", at, payload: { user: { ...user, sub: 7 }, expires: "2030-01-01T00:00:00.000Z" } },
      { type: "session:update", at, payload: { user, expires: "soon" } },
      new Map([["type", "session:clear"]]),
    ]) {
      channel.postMessage(message);
    }
  });
  await page.waitForTimeout(300);
  await expect(page.getByRole("heading", { name: "Ada Lovelace" })).toBeVisible();
  expect(questions.count - before).toBeLessThanOrEqual(1);
  // A valid message changes the page.
  await other.evaluate(() => new BroadcastChannel("aura-auth").postMessage({ type: "session:clear" }));
  await expect(page).toHaveURL(/\/sign-in/);
});

test("the search finds a secret of the browser in a log", async ({ page, context, sessions }) => {
  await signIn(page);
  for (const name of [sessions === "cookies" ? "session_token" : "stored_session", "csrf_token"]) {
    const { value } = (await context.cookies()).find((cookie) => cookie.name === `aura-auth.${name}`)!;
    const leak = `DEBUG aura_auth: ${value.slice(10, -10)}`;
    await expect.poll(() => secretsOf(page.url())?.linesOf(`INFO one\n${leak}\nINFO two`)).toEqual([leak]);
  }
});

test("a focused page requests the session at most once in 30 seconds, and never while hidden", async ({ page }) => {
  await page.clock.install();
  await signIn(page);
  await hydrated(page);
  const questions = asked(page);
  await focus(page);
  expect(questions.count).toBe(0);
  await page.clock.fastForward(31_000);
  const answer = page.waitForResponse(SESSION);
  await focus(page);
  await focus(page);
  await (await answer).finished();
  await page.waitForTimeout(200);
  expect(questions.count).toBe(1);
  await hide(page, true);
  await page.clock.fastForward(31_000);
  await focus(page);
  await page.waitForTimeout(200);
  expect(questions.count).toBe(1);
  await hide(page, false);
  await expect.poll(() => questions.count).toBe(2);
});

test("a session that expires on a protected page redirects to sign-in and back", async ({ page, context }) => {
  await page.clock.install();
  await signIn(page);
  await page.goto("/dashboard?tab=team");
  await settled(page);
  await context.clearCookies();
  const questions = asked(page);
  // The computer sleeps for 16 days. After it wakes, nobody uses the page.
  await page.clock.fastForward(16 * 24 * 3600 * 1000);
  await expect(page).toHaveURL("/sign-in?redirectTo=%2Fdashboard%3Ftab%3Dteam&error=SESSION_EXPIRED");
  await expect(page.getByRole("alert").getByText("Your session has ended. Please sign in again.")).toBeVisible();
  expect(questions.count).toBe(1);
  await page.getByRole("button", { name: "Continue with Bitbucket" }).click();
  await approve(page);
  await expect(page).toHaveURL("/dashboard?tab=team");
});

test("an unreachable server does not sign out the page, and the request is retried", async ({ page, context, silence }) => {
  silence.push("Failed to load resource", "ERR_INTERNET_DISCONNECTED", "ERR_FAILED");
  await page.clock.install();
  await signIn(page);
  await hydrated(page);
  // The network fails before the page has received all its data.
  await page.route("**/provider_tokens", (route) => route.abort());
  await page.reload();
  await hydrated(page);
  await expect(page.getByRole("alert").getByText("Please check your connection")).toBeVisible();
  await page.unroute("**/provider_tokens");
  await context.setOffline(true);
  await page.clock.fastForward(31_000);
  await focus(page);
  const notice = page.getByText("What you see may be out of date.");
  await expect(notice).toBeVisible();
  await expect(page.getByRole("heading", { name: "Ada Lovelace" })).toBeVisible();
  const questions = asked(page);
  // Nobody returns to the page, and there is no `online` event.
  await page.clock.fastForward(31_000);
  await expect.poll(() => questions.count).toBe(1);
  await expect(notice).toBeVisible();
  await context.setOffline(false);
  // Chromium reports that it is online before all of its requests succeed.
  await expect.poll(() => page.evaluate(() => fetch("/robots.txt").then(() => true, () => false))).toBe(true);
  await page.clock.fastForward(31_000);
  await expect(notice).toHaveCount(0);
  expect(questions.count).toBe(2);
  await expect(page.getByText("account, email")).toBeVisible();
  await expect(page.getByText("The server can't be reached.")).toHaveCount(0);
});

test("a 401 to any request of the page makes it request the session", async ({ page, context, silence }) => {
  silence.push("401");
  await signIn(page);
  await settled(page);
  await context.clearCookies();
  const questions = asked(page);
  await page.evaluate(async () => (await fetch("/auth/providers/bitbucket")).text());
  await expect(page).toHaveURL(/\/sign-in\?redirectTo=%2Fdashboard&error=SESSION_EXPIRED/);
  expect(questions.count).toBe(1);
});

test("a slow response does not replace a newer session", async ({ page }) => {
  await page.clock.install();
  await signIn(page);
  await hydrated(page);
  let release = () => {};
  const held = new Promise<void>((done) => (release = done));
  await page.route(SESSION, async (route) => {
    const old = await route.fetch();
    await held;
    await route.fulfill({ response: old });
  });
  await page.clock.fastForward(31_000);
  const question = page.waitForRequest(SESSION);
  await focus(page);
  await question;
  await page.getByLabel("Name in this app").fill("Countess");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Countess");
  const answer = page.waitForResponse(SESSION);
  release();
  await answer;
  await page.waitForTimeout(300);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Countess");
});

test("Back to a page from before the sign-in shows who is signed in", async ({ page }) => {
  await page.goto("/");
  await hydrated(page);
  await page.getByRole("button", { name: "Continue with Bitbucket" }).click();
  await approve(page);
  await expect(page).toHaveURL("/dashboard");
  await page.goBack();
  await page.goBack();
  await expect(page).toHaveURL("/");
  await expect(page.getByRole("banner").getByRole("link", { name: "Ada Lovelace" })).toBeVisible();
});

test("a page of the TypeScript release on the same origin receives and sends messages", async ({ page, context, silence }) => {
  silence.push("404");
  await signIn(page);
  await hydrated(page);
  const other = await tab(context, "/_bitbucket/nowhere").catch(() => context.pages().at(-1)!);
  const heard = other.evaluate(
    () => new Promise((heard) => (new BroadcastChannel("aura-auth").onmessage = ({ data }) => heard(data))),
  );
  await page.getByLabel("Name in this app").fill("Countess");
  await page.getByRole("button", { name: "Save" }).click();
  expect(await heard).toMatchObject({ type: "session:update", payload: { user: { name: "Countess" } } });
  await other.evaluate(() => new BroadcastChannel("aura-auth").postMessage({ type: "session:clear" }));
  await expect(page).toHaveURL(/\/sign-in/);
});

test("the provider is disconnected, and its tokens are deleted", async ({ page }) => {
  await signIn(page);
  await hydrated(page);
  await expect(page.getByText("account, email")).toBeVisible();
  await page.getByRole("button", { name: "Disconnect" }).click();
  await expect(page.getByText("Bitbucket is disconnected.")).toBeVisible();
  await expect(page.getByText("Not connected")).toBeVisible();
  expect((await page.context().cookies()).filter(({ name }) => name.includes("provider_tokens"))).toEqual([]);
  await page.reload();
  await expect(page.getByText("Not connected")).toBeVisible();
});

test("the name is read from the provider again", async ({ page }) => {
  await signIn(page);
  await hydrated(page);
  await page.getByLabel("Name in this app").fill("Countess");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Countess");
  await page.getByRole("button", { name: "Read from Bitbucket again" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Ada Lovelace");
});

test("a hook's error is shown at its form", async ({ page, silence }) => {
  silence.push("400");
  await signIn(page);
  await hydrated(page);
  await page.getByLabel("Name in this app").fill(" ");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.locator("form.edit").getByRole("alert")).toHaveText("This can't be changed, or the new value is not allowed.");
});

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("every action works as a form and shows its error at the form", async ({ page }) => {
    await signIn(page);
    await page.getByLabel("Name in this app").fill("Countess");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page).toHaveURL("/dashboard");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Countess");

    await page.getByLabel("Name in this app").fill(" ");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page).toHaveURL(/^[^?]*\/dashboard\?__path=%2Fapi%2Faura-auth%2Fupdate_session&__err=/);
    await expect(page.locator("form.edit").getByRole("alert")).toHaveText("This can't be changed, or the new value is not allowed.");

    await page.getByRole("button", { name: "Read from Bitbucket again" }).click();
    await expect(page).toHaveURL("/dashboard");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Ada Lovelace");

    await page.getByRole("button", { name: "Disconnect" }).click();
    await expect(page).toHaveURL("/dashboard");
    await expect(page.getByText("Not connected")).toBeVisible();
  });
});
