// An app of islands: the session is an island's that has the others in it.

import { resolve } from "node:path";
import { root } from "./processes";
import { expect, signedIn, testOf } from "./small-app";

const name = "aura-auth-islands-test";
const test = testOf(
  process.env.ISLANDS ?? resolve(root, `target/debug/${name}`),
  process.env.ISLANDS_SITE ?? resolve(root, `target/site-${name}`),
  name,
);

test("islands know the session from the first HTML, and follow it", async ({ page, context, origin }) => {
  await signedIn(context, origin, "Ada Lovelace");
  const said: string[] = [];
  page.on("console", (message) => {
    // There is no icon.
    if (!message.text().includes("404")) said.push(message.text());
  });
  page.on("pageerror", (error) => said.push(String(error)));
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  const response = await page.goto("/");
  expect(await response!.text()).toContain("Ada Lovelace");
  await page.waitForLoadState("networkidle");
  await expect(page.locator("#who")).toHaveText("Ada Lovelace");
  expect(asked.filter((path) => path.startsWith("/auth"))).toEqual([]);
  expect(said).toEqual([]);

  // Another tab's sign-out reaches the island.
  const other = await context.newPage();
  await other.goto("/");
  await other.waitForLoadState("networkidle");
  await other.getByRole("button", { name: "Sign out" }).click();
  await expect(other.locator("#who")).toHaveText("nobody");
  await expect(page.locator("#who")).toHaveText("nobody");
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
});

test("a server function that answers 401 makes the page look who is signed in", async ({ page, context, origin }) => {
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
