// An app with islands: the outer island provides the session to the islands inside it.

import { resolve } from "node:path";
import { root } from "./processes";
import { expect, signedIn, testOf } from "./small-app";

const name = "aura-auth-islands-test";
const test = testOf(
  process.env.ISLANDS ?? resolve(root, `target/debug/${name}`),
  process.env.ISLANDS_SITE ?? resolve(root, `target/site-${name}`),
  name,
);

test("islands show the session of the first HTML and its later changes", async ({ page, context, origin }) => {
  await signedIn(context, origin, "Ada Lovelace");
  const said: string[] = [];
  page.on("console", (message) => {
    // The app has no icon.
    if (!message.text().includes("404")) said.push(message.text());
  });
  page.on("pageerror", (error) => said.push(String(error)));
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  const response = await page.goto("/");
  expect(await response!.text()).toContain("Ada Lovelace");
  await page.waitForLoadState("networkidle");
  await expect(page.locator("#who")).toHaveText("Ada Lovelace");
  expect(asked.filter((path) => path.startsWith("/auth") || path.startsWith("/api"))).toEqual([]);
  expect(said).toEqual([]);

  // The sign-out in another tab reaches the island.
  const other = await context.newPage();
  await other.goto("/");
  await other.waitForLoadState("networkidle");
  await other.getByRole("button", { name: "Sign out" }).click();
  await expect(other.locator("#who")).toHaveText("nobody");
  await expect(page.locator("#who")).toHaveText("nobody");
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
});

test("a 401 of a server function makes the page request the session", async ({ page, context, origin }) => {
  await signedIn(context, origin, "Ada Lovelace");
  await page.goto("/");
  await page.waitForLoadState("networkidle");
  const refusals: number[] = [];
  page.on("response", (response) => {
    if (response.url().includes("/api/note")) refusals.push(response.status());
  });
  await page.getByRole("button", { name: "Note" }).click();
  await expect.poll(() => refusals).toEqual([200]);
  await expect(page.locator("#who")).toHaveText("Ada Lovelace");
  await context.clearCookies();
  await page.getByRole("button", { name: "Note" }).click();
  await expect(page.locator("#who")).toHaveText("nobody");
  expect(refusals).toEqual([200, 401]);
});

test("a form that is rendered again keeps its input, is sent once, and shows its error", async ({
  page,
  context,
  origin,
}) => {
  await signedIn(context, origin, "Ada Lovelace");
  await page.goto("/");
  await page.waitForLoadState("networkidle");
  const sent: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/update_session")) sent.push(request.postData() ?? "");
  });
  const form = page.locator("form", { has: page.getByRole("button", { name: "Rename" }) });
  await form.getByLabel("Name").fill("Countess");
  await page.getByRole("button", { name: "Draw anew" }).click({ clickCount: 3 });
  await expect(form.getByLabel("Name")).toHaveValue("Countess");
  await form.getByRole("button").click();
  await expect(page.locator("#who")).toHaveText("Countess");
  // Leptos also sends the submit button, even if it has no name.
  expect(sent.map((body) => new URLSearchParams(body).get("name"))).toEqual(["Countess"]);

  await form.getByLabel("Name").fill("x".repeat(300));
  await form.getByRole("button").click();
  await expect(form.getByRole("alert")).toHaveText("This can't be changed, or the new value is not allowed.");
  await page.getByRole("button", { name: "Draw anew" }).click();
  await expect(form.getByRole("alert")).toHaveText("This can't be changed, or the new value is not allowed.");
  await expect(form).not.toHaveAttribute("aria-busy");
  await form.getByLabel("Name").fill("Ada");
  await form.getByRole("button").click();
  await expect(page.locator("#who")).toHaveText("Ada");
  await expect(form.getByRole("alert")).toBeEmpty();
});

test("a form and its button are busy until the response arrives", async ({ page, context, origin }) => {
  await signedIn(context, origin, "Ada Lovelace");
  await page.goto("/");
  await page.waitForLoadState("networkidle");
  let answer = () => {};
  const waiting = new Promise<void>((resolve) => (answer = resolve));
  await page.route("**/update_session", async (route) => {
    await waiting;
    await route.continue();
  });
  const sent: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/update_session")) sent.push(request.postData() ?? "");
  });
  const form = page.locator("form", { has: page.getByRole("button", { name: "Rename" }) });
  await form.getByLabel("Name").fill("Countess");
  await form.getByRole("button").click();
  await expect(form).toHaveAttribute("aria-busy", "true");
  await expect(form.getByRole("button")).toHaveAttribute("aria-busy", "true");
  // The form is not sent again while it is pending, nor after that.
  await form.getByRole("button").click();
  answer();
  await expect(page.locator("#who")).toHaveText("Countess");
  await expect(page.locator("[aria-busy]")).toHaveCount(0);
  await page.waitForTimeout(300);
  expect(sent).toHaveLength(1);
});

test("a form's error without scripts is shown until the form is sent with scripts", async ({ page, context, origin }) => {
  await signedIn(context, origin, "Ada Lovelace");
  await page.goto(`/?__path=%2Fapi%2Faura-auth%2Fupdate_session&__err=${btoa('"UPDATE_SESSION_INVALID"')}`);
  await page.waitForLoadState("networkidle");
  const form = page.locator("form", { has: page.getByRole("button", { name: "Rename" }) });
  await expect(form.getByRole("alert")).toHaveText("This can't be changed, or the new value is not allowed.");
  await form.getByLabel("Name").fill("Countess");
  await form.getByRole("button").click();
  await expect(page.locator("#who")).toHaveText("Countess");
  await expect(form.getByRole("alert")).toBeEmpty();
});

test("the app's own claims are in the page, survive a change, and reach other tabs", async ({
  page,
  context,
  origin,
}) => {
  const claims = { role: "admin", teams: [1, { lead: true }], since: 1.5, none: null };
  await signedIn(context, origin, "Ada Lovelace", claims);
  await page.goto("/");
  await page.waitForLoadState("networkidle");
  const form = page.locator("form", { has: page.getByRole("button", { name: "Rename" }) });
  const other = await context.newPage();
  await other.goto("/");
  await other.waitForLoadState("networkidle");
  for (const name of ["Countess", "Ada"]) {
    await form.getByLabel("Name").fill(name);
    await form.getByRole("button").click();
    for (const tab of [page, other]) {
      await expect(tab.locator("#who")).toHaveText(name);
      const user = { sub: "{x}", name, image: null, email: null, ...claims };
      expect(JSON.parse((await tab.locator("#user").textContent())!)).toEqual(user);
    }
  }
});

test("a sign-in redirects to the target that its page has when the button is clicked", async ({ page }) => {
  await page.goto("/");
  await page.waitForLoadState("networkidle");
  await page.getByRole("button", { name: "Draw anew" }).click();
  await page.getByRole("button", { name: "Draw anew" }).click();
  const request = page.waitForRequest((request) => request.url().includes("/api/aura-auth/sign_in"));
  await page.getByRole("button", { name: "Sign in" }).click();
  expect(new URLSearchParams((await request).postData()!).get("redirect_to")).toBe("/?drawn=2");
});
