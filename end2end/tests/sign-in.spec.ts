import { approve, expect, hydrated, settled, signIn, signOutButton, test } from "./app";

// All tests run twice: with the wasm, and without scripts.
for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with scripts" : "without scripts", () => {
    test.use({ javaScriptEnabled });

    test("a person signs in, reloads, signs out, and Back shows no private data", async ({ page, sessions }) => {
      await signIn(page);
      const main = page.getByRole("main");
      await expect(main.getByText("ada@example.org")).toBeVisible();
      await expect(main.getByText("{a54f16da-24e9-4d7f-a3a7-b1ba2cd98aa3}")).toBeVisible();
      await expect(main.locator("time").first()).toHaveAttribute("datetime", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

      await page.reload();
      await expect(page.getByRole("heading", { name: "Ada Lovelace" })).toBeVisible();

      if (javaScriptEnabled) await hydrated(page);
      await signOutButton(page).click();
      await expect(page).toHaveURL("/");
      await expect(page.getByRole("button", { name: "Continue with Bitbucket" })).toBeVisible();
      const kept = (await page.context().cookies()).map((cookie) => cookie.name);
      // This cookie keeps a late response from restoring a session in a cookie. It contains no session data.
      expect(kept).toEqual(sessions === "cookies" ? ["aura-auth.signed_out"] : []);

      await page.goBack();
      await expect(page).toHaveURL("/sign-in?redirectTo=%2Fdashboard");
      await expect(page.getByText("ada@example.org")).toHaveCount(0);
    });

    test("an unconfirmed e-mail address is not shown", async ({ page }) => {
      await signIn(page, "Grace Hopper");
      await expect(page.getByText("Bitbucket sent no confirmed address")).toBeVisible();
      await expect(page.getByText("grace@example.org")).toHaveCount(0);
    });

    test("a person who denies access sees a message, an error code and a way to retry", async ({ page }) => {
      await page.goto("/sign-in?redirectTo=/dashboard%3Ftab%3Dteam");
      await page.getByRole("button", { name: "Continue with Bitbucket" }).click();
      await page.getByRole("button", { name: "Cancel" }).click();
      await expect(page.getByRole("heading", { name: "You did not sign in" })).toBeVisible();
      await expect(page.getByText(/OAUTH_ACCESS_DENIED · [\w-]{8}/)).toBeVisible();

      await page.getByRole("button", { name: "Try again" }).click();
      await approve(page);
      await expect(page).toHaveURL("/dashboard?tab=team");
    });

    test("a sign-in from a deep link returns to the protected page", async ({ page }) => {
      await page.goto("/dashboard?from=mail&x=1%2F2");
      await expect(page).toHaveURL(/\/sign-in\?redirectTo=/);
      await page.getByRole("button", { name: "Continue with Bitbucket" }).click();
      await approve(page);
      await expect(page).toHaveURL("/dashboard?from=mail&x=1%2F2");
    });

    test("two tabs sign in at once", async ({ page, context }) => {
      const other = await context.newPage();
      for (const tab of [page, other]) {
        await tab.goto("/sign-in");
        await tab.getByRole("button", { name: "Continue with Bitbucket" }).click();
        await expect(tab.getByRole("heading", { name: "Allow access to your account?" })).toBeVisible();
      }
      await approve(page, "Ada Lovelace");
      await expect(page.getByRole("heading", { name: "Ada Lovelace" })).toBeVisible();
      // Requests that the first tab still sends as Ada would be rejected after Grace signs in.
      if (javaScriptEnabled) await settled(page);
      await approve(other, "Grace Hopper");
      await expect(other.getByRole("heading", { name: "Grace Hopper" })).toBeVisible();
      if (javaScriptEnabled) await expect(page.getByRole("heading", { name: "Grace Hopper" })).toBeVisible();
    });

    test("a used callback restarts the sign-in automatically", async ({ page }) => {
      await page.goto("/sign-in");
      await page.getByRole("button", { name: "Continue with Bitbucket" }).click();
      const callback = page.waitForRequest(/\/auth\/callback\/bitbucket\?/);
      await approve(page);
      const used = (await callback).url();
      await expect(page).toHaveURL("/dashboard");

      await page.goto(used);
      await approve(page);
      await expect(page).toHaveURL("/dashboard");
    });
  });
}
