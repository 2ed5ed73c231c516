// An app that only members of one workspace may use.

import { AxeBuilder } from "@axe-core/playwright";
import { approve, expect, hydrated, settled, signIn, test as base } from "./app";
import { anywhere, app as program, behindProxy, freePort, start, stop, testServer } from "./processes";

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

    test("a non-member sees the workspace's name, and a member signs in", async ({ page }) => {
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

test("a URL cannot make the app show its own text", async ({ page }) => {
  await page.goto("/sign-in/failed?error=AUTH_SIGN_IN_DENIED&reason=Call%200800%20123%20now");
  await hydrated(page);
  await expect(page.getByText("This app does not allow your account to sign in.")).toBeVisible();
  await expect(page.getByText("0800")).toHaveCount(0);
});

test("a profile refresh signs a former member out in every tab", async ({ browser }) => {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const bitbucket = await start(testServer, ["bitbucket", `${origin}/auth/callback/bitbucket`]);
  const there = ["--port", String(port), ...anywhere.slice(2)];
  const env = behindProxy(origin, bitbucket);
  let server = await start(program, there, env);
  const context = await browser.newContext({ baseURL: origin });
  try {
    const page = await context.newPage();
    await signIn(page);
    const other = await context.newPage();
    await other.goto("/dashboard");
    await settled(other);
    await stop(server);
    server = await start(program, [...there, "--workspace", "compilers"], env);
    await page.bringToFront();
    await hydrated(page);
    await page.getByRole("button", { name: "Read from Bitbucket again" }).click();
    // The page says that the session has ended. The next sign-in gives the reason.
    const ended = "/sign-in?redirectTo=%2Fdashboard&error=SESSION_EXPIRED";
    await expect(page).toHaveURL(ended);
    await expect(other).toHaveURL(ended);
    expect((await context.cookies()).filter(({ name }) => name.includes("session"))).toEqual([]);
  } finally {
    await context.close();
    await stop(server);
    await stop(bitbucket);
  }
});
