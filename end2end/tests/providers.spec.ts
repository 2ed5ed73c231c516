// An app with two providers: sign-in with each of them, and linking an account at the other one.

import { type Page, chromium } from "@playwright/test";
import { AxeBuilder } from "@axe-core/playwright";
import { approve, expect, hydrated, settled, signIn, signOutButton, test as base } from "./app";
import { anywhere, app as program, behindProxy, freePort, start, stop, testServer } from "./processes";

const test = base.extend<object, { app: string }>({
  app: [
    async ({}, use) => {
      const port = await freePort();
      const origin = `http://localhost:${port}`;
      const bitbucket = await start(testServer, ["bitbucket", `${origin}/auth/callback/bitbucket`]);
      const github = await start(testServer, ["github", `${origin}/auth/callback/github`]);
      const server = await start(program, ["--port", String(port), ...anywhere.slice(2)], {
        ...behindProxy(origin, bitbucket),
        AURA_AUTH_GITHUB_CLIENT_ID: "id",
        AURA_AUTH_GITHUB_CLIENT_SECRET: "secret",
        AURA_AUTH_GITHUB_URL: github.url,
        AURA_AUTH_GITHUB_API_URL: github.url,
      });
      await use(origin);
      for (const running of [server, github, bitbucket]) await stop(running);
    },
    { scope: "worker" },
  ],
});

/** The section for GitHub on the dashboard. */
const github = (page: Page) => page.getByRole("region", { name: "GitHub" });
const connected = (page: Page) => expect(github(page).getByText("read:user, user:email")).toBeVisible();

async function signInWithGitHub(page: Page, account = "Ada Lovelace") {
  await page.goto("/sign-in?redirectTo=%2Fdashboard");
  await page.getByRole("main").getByRole("button", { name: "Continue with GitHub" }).click();
  await approve(page, account);
  await expect(page).toHaveURL("/dashboard");
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with scripts" : "without scripts", () => {
    test.use({ javaScriptEnabled });

    test("each provider has a button, and the dashboard shows the chosen provider", async ({ page }) => {
      await signInWithGitHub(page);
      if (javaScriptEnabled) await hydrated(page);
      await expect(page.getByText("Signed in with GitHub")).toBeVisible();
      await expect(page.getByText("583231")).toBeVisible();
      await page.getByRole("button", { name: "Read from GitHub again" }).click();
      await expect(page.getByRole("heading", { name: "Ada Lovelace" })).toBeVisible();
    });

    test("an account of another provider is linked, and the user stays the same", async ({ page }) => {
      await signIn(page);
      if (javaScriptEnabled) await settled(page);
      await github(page).getByRole("button", { name: "Connect GitHub" }).click();
      // The account at GitHub belongs to another person. A link does not change who is signed in here.
      await approve(page, "Grace Hopper");
      await expect(page).toHaveURL("/dashboard");
      await expect(page.getByText("Signed in with Bitbucket")).toBeVisible();
      await expect(page.getByRole("heading", { name: "Ada Lovelace" })).toBeVisible();
      if (javaScriptEnabled) {
        await connected(page);
        expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
      }
      await github(page).getByRole("button", { name: "Disconnect" }).click();
      await expect(github(page).getByRole("button", { name: "Connect GitHub" })).toBeVisible();
      await expect(page.getByRole("region", { name: "Bitbucket" }).getByRole("button", { name: "Disconnect" })).toBeVisible();
    });

    test("a person who denies the link sees the reason and stays signed in", async ({ page }) => {
      await signIn(page);
      if (javaScriptEnabled) await settled(page);
      await github(page).getByRole("button", { name: "Connect GitHub" }).click();
      await page.getByRole("button", { name: "Cancel" }).click();
      await expect(page.getByRole("banner").getByRole("link", { name: "Ada Lovelace" })).toBeVisible();
      await page.goto("/dashboard");
      await expect(github(page).getByRole("button", { name: "Connect GitHub" })).toBeVisible();
    });
  });
}

test("a person must sign out before they sign in with another provider", async ({ context, page }) => {
  await signIn(page);
  await settled(page);
  const other = await context.newPage();
  await other.goto("/auth/signIn/github?redirectTo=%2Fdashboard");
  await approve(other);
  await expect(other.getByText("You are signed in with another account. Please sign out first.")).toBeVisible();
  await other.getByRole("link", { name: "Open your dashboard" }).click();
  await settled(other);
  await signOutButton(other).click();
  await expect(other).toHaveURL("/");
  await signInWithGitHub(other);
  // The first tab waited on the sign-in page, and now shows the session of the other provider.
  await expect(page.getByText("Signed in with GitHub")).toBeVisible();
  await connected(page);
  await expect(page.getByRole("button", { name: "Connect Bitbucket" })).toBeVisible();
});

test("a dashboard restored from the bfcache shows the linked account", async ({ app, launchOptions }) => {
  const browser = await chromium.launch({ ...launchOptions, ignoreDefaultArgs: ["--disable-back-forward-cache"] });
  const page = await browser.newPage({ baseURL: app });
  await signIn(page);
  await settled(page);
  await github(page).getByRole("button", { name: "Connect GitHub" }).click();
  await approve(page);
  await expect(page).toHaveURL("/dashboard");
  await connected(page);
  // Not in the call itself, which the navigation would interrupt.
  await page.evaluate(() => void setTimeout(() => history.go(-2)));
  await expect(page).toHaveURL("/dashboard");
  await connected(page);
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
  await browser.close();
});
