// The app as it is deployed: behind nginx with TLS, in the configuration of docs/deploying.md, with Bitbucket on another
// server. nginx's limits are its defaults, except where this configuration gives a reason.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "@playwright/test";
import { approve, hydrated } from "./app";
import { type Running, anywhere, app, behindProxy, freePort, root, start, stop, testServer } from "./processes";
import { Secrets } from "./secrets";

/** Returns the `server` block of docs/deploying.md. */
function documented(): string {
  const text = readFileSync(resolve(root, "docs/deploying.md"), "utf8");
  return text.match(/```nginx\n([^]*?)```/)?.[1] ?? "";
}

/** Starts nginx on a port, in front of the app. Returns the process, so that it can be stopped. */
async function nginx(port: number, upstream: string): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), "aura-auth-nginx-"));
  const certificate = join(folder, "certificate.pem");
  const key = join(folder, "key.pem");
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const files = ["-keyout", key, "-out", certificate];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...subject, ...files], {
    stdio: "ignore",
  });
  const server = documented()
    .replace("listen 443 ssl", `listen 127.0.0.1:${port} ssl`)
    .replace(/server_name .*;/, "server_name localhost;")
    .replace(/ssl_certificate .*;/, `ssl_certificate ${certificate};`)
    .replace(/ssl_certificate_key .*;/, `ssl_certificate_key ${key};`)
    .replace("http://127.0.0.1:3000", upstream);
  expect(server).toContain(upstream);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder};`);
  const configuration = `
    daemon off; pid ${folder}/pid; error_log stderr error;
    events {}
    http { access_log off; ${temporary.join(" ")} ${server} }`;
  const file = join(folder, "nginx.conf");
  writeFileSync(file, configuration);
  const child = spawn(process.env.NGINX ?? "/usr/sbin/nginx", ["-e", "stderr", "-c", file, "-p", folder], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  child.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return { process: child, url: `https://localhost:${port}`, log: [], secrets: new Secrets() };
}

test("sign-in behind nginx, with tokens of Bitbucket's size", async ({ browser }) => {
  const port = await freePort();
  const origin = `https://localhost:${port}`;
  const bitbucket = await start(testServer, ["bitbucket", `${origin}/auth/callback/bitbucket`]);
  const server = await start(app, anywhere, behindProxy(origin, bitbucket));
  const proxy = await nginx(port, server.url);
  const context = await browser.newContext({ baseURL: origin, ignoreHTTPSErrors: true });
  try {
    const page = await context.newPage();
    const refused: string[] = [];
    page.on("response", (response) => {
      if (response.status() >= 400) refused.push(`${response.status()} ${response.url()}`);
    });
    const authorize = page.waitForRequest((request) => request.url().includes("/site/oauth2/authorize"));
    await expect(async () => {
      await page.goto("/");
    }).toPass({ timeout: 10_000 });
    const front = await page.goto("/");
    expect(front?.headers()["strict-transport-security"]).toBe("max-age=31536000");
    await hydrated(page);
    await page.getByRole("button", { name: "Continue with Bitbucket" }).click();
    const asked = new URL((await authorize).url());
    expect(asked.searchParams.get("redirect_uri")).toBe(`${origin}/auth/callback/bitbucket`);
    await approve(page);
    await expect(page).toHaveURL("/dashboard");
    await expect(page.getByRole("heading", { name: "Ada Lovelace" })).toBeVisible();

    const cookies = await context.cookies(`${origin}/auth/providers/bitbucket`);
    for (const { value } of cookies) server.secrets.note(value);
    const names = cookies.map(({ name }) => name).sort();
    expect(names).toEqual([
      "__Host-aura-auth.csrf_token",
      "__Host-aura-auth.session_pin",
      "__Secure-aura-auth.provider_tokens.bitbucket.0",
      "__Secure-aura-auth.provider_tokens.bitbucket.1",
      "__Secure-aura-auth.session_token",
    ]);
    expect(cookies.every(({ secure, httpOnly }) => secure && httpOnly)).toBe(true);

    // The largest request of the app: it sends all cookies of the tokens in one header line.
    const tokens = await page.evaluate(async () => {
      const { csrfToken } = await (await fetch("/auth/csrfToken")).json();
      return (await fetch("/auth/providers/bitbucket/tokens", { headers: { "X-CSRF-Token": csrfToken } })).json();
    });
    expect(tokens.tokens.accessToken).toHaveLength(2500);
    server.secrets.seeJson(tokens);

    await page.getByRole("main").getByRole("button", { name: "Sign out" }).click();
    await expect(page).toHaveURL("/");
    expect((await context.cookies()).map(({ name }) => name)).toEqual(["__Host-aura-auth.signed_out"]);
    expect(refused).toEqual([]);
  } finally {
    await context.close();
    for (const running of [proxy, server, bitbucket]) await stop(running);
  }
});
