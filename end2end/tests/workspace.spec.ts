// An app for the members of one workspace.

import { AxeBuilder } from "@axe-core/playwright";
import { approve, expect, hydrated, test as base } from "./app";
import { anywhere, app as program, start, stop } from "./processes";

const test = base.extend<object, { app: string }>({
  app: [
    async ({}, use) => {
      const server = await start(program, [...anywhere, "--demo", "--workspace", "compilers"]);
      await use(server.url);
      await stop(server);
    },
    { scope: "worker" },
  ],
});

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with scripts" : "without scripts", () => {
    test.use({ javaScriptEnabled });

    test("who is no member is told of which workspace, and a member comes in", async ({ page }) => {
      await page.goto("/");
      await page.getByRole("button", { name: "Continue with Bitbucket" }).click();
      await approve(page, "Ada Lovelace");
      await expect(page.getByRole("heading", { name: "That account can't sign in here" })).toBeVisible();
      if (javaScriptEnabled) await hydrated(page);
      await expect(page.getByText("This app is for members of the Bitbucket workspace compilers.")).toBeVisible();
      if (javaScriptEnabled) expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
      await page.getByRole("button", { name: "Try again" }).click();
      await approve(page, "Grace Hopper");
      await expect(page.getByRole("heading", { name: "Grace Hopper" })).toBeVisible();
    });
  });
}

test("an address cannot put words into the app's mouth", async ({ page }) => {
  await page.goto("/sign-in/failed?error=AUTH_SIGN_IN_DENIED&reason=Call%200800%20123%20now");
  await hydrated(page);
  await expect(page.getByText("This app does not admit your account.")).toBeVisible();
  await expect(page.getByText("0800")).toHaveCount(0);
});
