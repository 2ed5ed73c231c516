import { defineConfig } from "@playwright/test";
import { type AppOptions } from "./tests/app";

export default defineConfig<object, AppOptions>({
  testDir: "tests",
  fullyParallel: true,
  forbidOnly: true,
  workers: 2,
  timeout: 30_000,
  reporter: "list",
  projects: [
    { name: "cookies", testIgnore: ["devices.spec.ts", "looks.spec.ts", "visual.spec.ts"] },
    {
      name: "sqlite",
      testMatch: ["devices", "hydration", "looks", "session", "sign-in", "visual"].map((name) => `${name}.spec.ts`),
      use: { sessions: "sqlite" },
    },
  ],
  snapshotPathTemplate: "{testDir}/looks/{arg}{ext}",
  use: {
    browserName: "chromium",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
