// Two hosts of one site over https: the app's host, and a sibling that an attacker controls. The sibling changes the
// browser's cookies. It must not be able to sign anybody in as another person.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { type Server, createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, expect, test } from "@playwright/test";
import { signIn } from "./app";
import { anywhere, app, behindProxy, freePort, start, stop, testServer } from "./processes";

const APP = "app.example.test";
const SIBLING = "evil.example.test";
const SESSION = "__Secure-aura-auth.session_token";
const PIN = "__Host-aura-auth.session_pin";

/** Creates a certificate for both hosts. */
function certificate(): { key: Buffer; cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), "aura-auth-siblings-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  const names = ["-subj", "/CN=example.test", "-addext", "subjectAltName=DNS:*.example.test"];
  const files = ["-keyout", key, "-out", cert];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...names, ...files], {
    stdio: "ignore",
  });
  const pair = { key: readFileSync(key), cert: readFileSync(cert) };
  rmSync(folder, { recursive: true });
  return pair;
}

/** Serves both hosts over TLS: forwards the app's requests to the app, and sets the planted cookies for the sibling. */
async function serve(port: number, upstream: string, planted: () => string[]): Promise<Server> {
  const server = createServer(certificate(), (incoming, outgoing) => {
    const host = incoming.headers.host ?? "";
    if (host.startsWith(SIBLING)) {
      outgoing.writeHead(200, { "content-type": "text/html", "set-cookie": planted() }).end("<title>Sibling</title>");
      return;
    }
    const headers = { ...incoming.headers, "x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "https" };
    const { hostname, port } = new URL(upstream);
    const asked = request(
      { hostname, port, method: incoming.method, path: incoming.url, headers: { ...headers, "x-forwarded-host": host } },
      (answer) => answer.pipe(outgoing.writeHead(answer.statusCode ?? 502, answer.headers)),
    );
    incoming.pipe(asked.on("error", () => outgoing.destroy()));
  });
  await new Promise<void>((ready) => server.listen(port, "127.0.0.1", ready));
  return server;
}

/** Runs `work` with the app, its sibling and a browser. `plant` sets the cookies that the sibling sends. */
async function withSiblings(
  work: (site: { origin: string; sibling: string; browser: Browser; plant: (cookies: string[]) => void }) => Promise<void>,
) {
  const port = await freePort();
  const origin = `https://${APP}:${port}`;
  const bitbucket = await start(testServer, ["bitbucket", `${origin}/auth/callback/bitbucket`]);
  const server = await start(app, anywhere, behindProxy(origin, bitbucket));
  let cookies: string[] = [];
  const tls = await serve(port, server.url, () => cookies);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP *.example.test 127.0.0.1"],
  });
  try {
    const plant = (planted: string[]) => {
      cookies = planted;
    };
    await work({ origin, sibling: `https://${SIBLING}:${port}/`, browser, plant });
  } finally {
    await browser.close();
    tls.closeAllConnections();
    await new Promise((closed) => tls.close(closed));
    for (const running of [server, bitbucket]) await stop(running);
  }
}

/** Signs in Mallory as Grace, and Ada. Returns Mallory's session token, and Ada's context and page. */
async function bothSignedIn(browser: Browser, origin: string) {
  const person = () => browser.newContext({ baseURL: origin, ignoreHTTPSErrors: true });
  const mallory = await person();
  await signIn(await mallory.newPage(), "Grace Hopper");
  const theirs = (await mallory.cookies()).find(({ name }) => name === SESSION)?.value;
  const ada = await person();
  const page = await ada.newPage();
  await signIn(page);
  return { theirs, ada, page };
}

test("a session planted by a sibling host does not replace the person's own", async () => {
  await withSiblings(async ({ origin, sibling, browser, plant }) => {
    const { theirs, ada, page } = await bothSignedIn(browser, origin);
    const paths = ["/dashboard", "/auth", "/auth/session", "/api"];
    plant(paths.map((path) => `${SESSION}=${theirs}; Domain=example.test; Path=${path}; Secure; HttpOnly`));
    await page.goto(sibling);
    const planted = (await ada.cookies()).filter(({ name, value }) => name === SESSION && value === theirs);
    expect(planted).toHaveLength(4);
    await page.goto("/dashboard");
    await expect(page.getByRole("heading", { name: "Ada Lovelace" })).toBeVisible();
    const session = await page.evaluate(async () => (await fetch("/auth/session")).json());
    expect(session.session.user.name).toBe("Ada Lovelace");
  });
});

test("a sibling host that evicts cookies cannot sign in another person", async () => {
  await withSiblings(async ({ origin, sibling, browser, plant }) => {
    const { theirs, ada, page } = await bothSignedIn(browser, origin);
    plant([
      ...Array.from({ length: 250 }, (_, number) => `junk${number}=x; Domain=example.test; Path=/; Secure`),
      `${SESSION}=${theirs}; Domain=example.test; Path=/; Secure; HttpOnly`,
    ]);
    await page.goto(sibling);
    const left = (await ada.cookies()).map(({ name }) => name);
    expect(left).toContain(SESSION);
    expect(left).not.toContain(PIN);
    await page.goto("/dashboard");
    await expect(page).toHaveURL(/\/sign-in\?redirectTo=%2Fdashboard&error=SESSION_NOT_PINNED/);
    await expect(page.getByRole("alert").filter({ hasText: "Another site may have interfered" })).toBeVisible();
    expect(await page.content()).not.toContain("Grace");
    plant([]);
    await page.getByRole("main").getByRole("button", { name: "Continue with Bitbucket" }).click();
    await page.getByLabel("Ada Lovelace").check();
    await page.getByRole("button", { name: "Grant access" }).click();
    await expect(page.getByRole("heading", { name: "Ada Lovelace" })).toBeVisible();
  });
});
