// A gateway or the captive portal of a Wi-Fi network between the browser and the app answers instead of the app.

import { type Page } from "@playwright/test";
import { expect, settled, signIn, signOutButton, test } from "./app";

const UNREACHABLE = "The server can't be reached. Please check your connection and try again.";
const FAILED = "Something went wrong on our side. Please try again.";

/** The error that the form of a button shows. */
function errorAt(page: Page, button: string) {
  return page.getByRole("main").locator("form").filter({ has: page.getByRole("button", { name: button }) }).getByRole("alert");
}

for (const { name, status, contentType, body, message } of [
  { name: "a gateway's 503", status: 503, contentType: "application/json", body: '{"message":"upstream"}', message: UNREACHABLE },
  { name: "a gateway's page", status: 502, contentType: "text/html", body: "<h1>Bad gateway</h1>", message: UNREACHABLE },
  { name: "a portal's page", status: 200, contentType: "text/html", body: "<h1>Welcome to our Wi-Fi</h1>", message: FAILED },
  { name: "a portal's JSON", status: 200, contentType: "application/json", body: '{"message":"portal"}', message: FAILED },
]) {
  test(`${name} makes every action fail with an error`, async ({ page, silence }) => {
    silence.push("Failed to load resource");
    await signIn(page);
    await settled(page);
    const heading = page.getByRole("heading", { level: 1 });
    const isOurs = ({ pathname }: URL) => pathname.startsWith("/api/aura-auth/") || pathname.startsWith("/auth/");
    await page.route(isOurs, (route) => route.fulfill({ status, contentType, body }));

    await page.getByLabel("Name in this app").fill("Countess");
    for (const button of ["Save", "Read from Bitbucket again", "Disconnect"]) {
      await page.getByRole("main").getByRole("button", { name: button }).click();
      await expect(errorAt(page, button)).toHaveText(message);
    }
    await expect(heading).toHaveText("Ada Lovelace");
    await expect(page.getByText("Bitbucket is disconnected.")).toHaveCount(0);
    await expect(page.getByText("Not connected")).toHaveCount(0);
    await signOutButton(page).click();
    await expect(errorAt(page, "Sign out")).toHaveText(message);
    await page.waitForTimeout(300);
    await expect(page).toHaveURL("/dashboard");
    await expect(heading).toHaveText("Ada Lovelace");

    // The gateway lets the page pass, but not the page's own requests.
    await page.reload();
    await expect(page.getByRole("alert").getByText(message)).toBeVisible();
    await expect(heading).toHaveText("Ada Lovelace");

    await page.unroute(isOurs);
    await page.reload();
    await settled(page);
    await page.getByLabel("Name in this app").fill("Countess");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(heading).toHaveText("Countess");
    await page.getByRole("button", { name: "Read from Bitbucket again" }).click();
    await expect(heading).toHaveText("Ada Lovelace");
    await page.getByRole("button", { name: "Disconnect" }).click();
    await expect(page.getByText("Bitbucket is disconnected.")).toBeVisible();
    await signOutButton(page).click();
    await expect(page).toHaveURL("/");
  });
}

test("the same button works as soon as the gateway forwards requests again", async ({ page, silence }) => {
  silence.push("503");
  await signIn(page);
  await settled(page);
  await page.route("**/sign_out", (route) => route.fulfill({ status: 503, json: { message: "upstream" } }), { times: 1 });
  await signOutButton(page).click();
  await expect(errorAt(page, "Sign out")).toHaveText(UNREACHABLE);
  await signOutButton(page).click();
  await expect(page).toHaveURL("/");
  await expect(page.getByRole("banner").getByRole("link", { name: "Sign in" })).toBeVisible();
});
