// The app, started for the tests on a free port, and the actions of people in it.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Page, test as base, expect } from "@playwright/test";
import { anywhere, app, secretsOf, start, stop } from "./processes";

export interface AppOptions {
  /** Where the app keeps sessions. */
  sessions: "cookies" | "sqlite";
}

export const test = base.extend<{ silence: string[]; secrets: void }, AppOptions & { app: string }>({
  sessions: ["cookies", { scope: "worker", option: true }],

  app: [
    async ({ sessions }, use) => {
      const folder = mkdtempSync(join(tmpdir(), "aura-auth-browser-"));
      const database = sessions === "sqlite" ? ["--database", `sqlite:${join(folder, "test.db")}`] : [];
      const server = await start(app, [...anywhere, "--demo", ...database]);
      await use(server.url);
      await stop(server);
      rmSync(folder, { recursive: true });
    },
    { scope: "worker" },
  ],

  baseURL: async ({ app }, use) => use(app),

  /** The expected parts of console messages. Any other error or warning in the console of a tab fails the test. */
  silence: [
    async ({ context }, use) => {
      const allowed: string[] = [];
      const said: string[] = [];
      context.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") said.push(message.text());
      });
      context.on("weberror", (error) => said.push(String(error.error())));
      await use(allowed);
      expect(said.filter((text) => !allowed.some((part) => text.includes(part)))).toEqual([]);
    },
    { auto: true },
  ],

  /** Notes the secrets that the browser receives. The server's log must not contain them. */
  secrets: [
    async ({ context }, use) => {
      const seen: Promise<unknown>[] = [];
      context.on("response", (response) => {
        const secrets = secretsOf(response.url());
        if (!secrets) return;
        const read = async () => {
          secrets.seeHeaders(await response.headersArray());
          if (response.headers()["content-type"] === "application/json") secrets.seeJson(await response.json());
        };
        // The body of a response can't be read after the browser has left its page.
        seen.push(read().catch(() => undefined));
      });
      await use();
      await Promise.all(seen);
    },
    { auto: true },
  ],
});

export { expect };

/** Waits until the wasm has hydrated the page. Works only with scripts. */
export async function hydrated(page: Page) {
  await page.waitForFunction(() => document.documentElement.hasAttribute("data-hydrated"));
}

/** On the consent page: chooses an account and grants access. */
export async function approve(page: Page, account = "Ada Lovelace") {
  await expect(page.getByRole("heading", { name: "Allow access to your account?" })).toBeVisible();
  await page.getByLabel(account).check();
  await page.getByRole("button", { name: "Grant access" }).click();
}

/** Signs in from the front page. Ends on the dashboard. */
export async function signIn(page: Page, account = "Ada Lovelace") {
  await page.goto("/");
  await page.getByRole("button", { name: "Continue with Bitbucket" }).click();
  await approve(page, account);
  await expect(page.getByRole("heading", { name: account })).toBeVisible();
  await expect(page).toHaveURL("/dashboard");
}

/** Waits until the dashboard has received all its data. */
export async function settled(page: Page) {
  await hydrated(page);
  await expect(page.getByText("account, email")).toBeVisible();
}

/** The button in the page that signs this browser out, not the one in the header. */
export function signOutButton(page: Page) {
  return page.getByRole("main").getByRole("button", { name: "Sign out", exact: true });
}
