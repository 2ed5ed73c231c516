// Programs that the tests start and stop.

import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { expect } from "@playwright/test";
import { Secrets } from "./secrets";

export const root = resolve(import.meta.dirname, "../..");
/** The app's program. */
export const app = process.env.SERVER ?? resolve(root, "target/debug/aura-auth-app");
/** The program with the providers' stand-ins and an app with a custom provider. */
export const testServer = process.env.TEST_SERVER ?? resolve(root, "target/debug/aura-auth-test-server");
/** The app's arguments: a free port, and the folder of its assets. */
export const anywhere = ["--port", "0", "--site", process.env.SITE ?? resolve(root, "target/site")];

export interface Running {
  process: ChildProcess;
  url: string;
  /** All log output of the program. */
  log: string[];
  secrets: Secrets;
}

const servers = new Map<string, Running>();

/** Returns the secrets that the server at a URL has sent, if the tests started this server. */
export function secretsOf(url: string): Secrets | undefined {
  return servers.get(new URL(url).origin)?.secrets;
}

/** Starts a program, and waits until it prints the address that it listens on. */
export async function start(program: string, args: string[], env: Record<string, string> = {}): Promise<Running> {
  const child = spawn(program, args, {
    cwd: resolve(root, "target"),
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, RUST_LOG: "info,aura_auth=trace,aura_auth_app=trace,tower_http=trace", ...env },
  });
  const log: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log.push(text);
    if (text.includes("ERROR") || text.includes("panicked")) process.stderr.write(text);
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = line.match(/^listening on (.*)$/)?.[1];
    if (url) {
      const server = { process: child, url, log, secrets: new Secrets() };
      servers.set(new URL(url).origin, server);
      return server;
    }
  }
  throw new Error(`${program} ended before it listened:\n${log.join("")}`);
}

/** Stops a program, and checks that its log contains none of the secrets that it sent. */
export async function stop({ process: child, log, secrets }: Running) {
  const ended = new Promise((end) => child.once("close", end));
  if (child.kill("SIGTERM")) await ended;
  expect(secrets.linesOf(log.join(""))).toEqual([]);
}

/** Returns a port that is free at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}

/** Returns the app's environment behind a proxy on this computer that terminates TLS for `origin`. */
export function behindProxy(origin: string, bitbucket: Running): Record<string, string> {
  return {
    AURA_AUTH_SECRET: "Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js+Ua/EoTiNq0=",
    AURA_AUTH_SALT: "Zs5Wd8Kf2Jh6Ng9Bv4Cx7Mq1Lp3Rt0Yu+Ea/OiTxQ1=",
    AURA_AUTH_BITBUCKET_CLIENT_ID: "key",
    AURA_AUTH_BITBUCKET_CLIENT_SECRET: "secret",
    AURA_AUTH_BITBUCKET_URL: bitbucket.url,
    AURA_AUTH_BITBUCKET_API_URL: bitbucket.url,
    AURA_AUTH_BASE_URL: origin,
    AURA_AUTH_TRUSTED_PROXIES: "127.0.0.1",
  };
}
