// Programs that tests start, and that end with them.

import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

export const root = resolve(import.meta.dirname, "../..");
/** The app. */
export const app = process.env.SERVER ?? resolve(root, "target/debug/aura-auth-app");
/** Bitbucket's stand-in alone, and an app with a provider of its own. */
export const testServer = process.env.TEST_SERVER ?? resolve(root, "target/debug/aura-auth-test-server");
/** The app's arguments: a free port, and where its site is. */
export const anywhere = ["--port", "0", "--site", process.env.SITE ?? resolve(root, "target/site")];

export interface Running {
  process: ChildProcess;
  url: string;
}

/** Starts a program and waits until it says where it listens. */
export async function start(program: string, args: string[], env: Record<string, string> = {}): Promise<Running> {
  const child = spawn(program, args, {
    cwd: resolve(root, "target"),
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, RUST_LOG: "error", ...env },
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = line.match(/^listening on (.*)$/)?.[1];
    if (url) return { process: child, url };
  }
  throw new Error(`${program} ended before it listened`);
}

export async function stop({ process: child }: { process: ChildProcess }) {
  const ended = new Promise((end) => child.once("exit", end));
  if (child.kill("SIGTERM")) await ended;
}
