// The app, started for the tests on a free port, and what people do with it.

import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { type Page, test as base, expect } from "@playwright/test";

const root = resolve(import.meta.dirname, "../..");

/** Starts the app's demo; its address. */
async function start(): Promise<{ process: ChildProcess; url: string }> {
  const server = process.env.SERVER ?? resolve(root, "target/debug/aura-auth-app");
  const site = process.env.SITE ?? resolve(root, "target/site");
  const child = spawn(server, ["--port", "0", "--demo", "--site", site], {
    cwd: resolve(root, "target"),
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, RUST_LOG: "error" },
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = line.match(/^listening on (.*)$/)?.[1];
    if (url) return { process: child, url };
  }
  throw new Error("the app ended before it listened");
}

export const test = base.extend<{ silence: string[] }, { app: string }>({
  app: [
    async ({}, use) => {
      const { process: child, url } = await start();
      await use(url);
      const ended = new Promise((end) => child.once("exit", end));
      child.kill("SIGTERM");
      await ended;
    },
    { scope: "worker" },
  ],

  baseURL: async ({ app }, use) => use(app),

  /** What the console may say; everything else that it says fails the test. */
  silence: [
    async ({ page }, use) => {
      const allowed: string[] = [];
      const said: string[] = [];
      page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") said.push(message.text());
      });
      page.on("pageerror", (error) => said.push(String(error)));
      await use(allowed);
      expect(said.filter((text) => !allowed.some((part) => text.includes(part)))).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** Waits until the wasm has taken over the page, where scripts run. */
export async function hydrated(page: Page) {
  await page.waitForFunction(() => document.documentElement.hasAttribute("data-hydrated"));
}

/** On the consent page: chooses an account and grants access. */
export async function approve(page: Page, account = "Ada Lovelace") {
  await expect(page.getByRole("heading", { name: "Allow access to your account?" })).toBeVisible();
  await page.getByLabel(account).check();
  await page.getByRole("button", { name: "Grant access" }).click();
}

/** Signs in from the front page; ends on the dashboard. */
export async function signIn(page: Page, account = "Ada Lovelace") {
  await page.goto("/");
  await page.getByRole("button", { name: "Continue with Bitbucket" }).click();
  await approve(page, account);
  await expect(page.getByRole("heading", { name: account })).toBeVisible();
  await expect(page).toHaveURL("/dashboard");
}

/** The button in the page, not the one in the header. */
export function signOutButton(page: Page) {
  return page.getByRole("main").getByRole("button", { name: "Sign out" });
}
