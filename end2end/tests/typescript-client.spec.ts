// The requests of the TypeScript browser client: `undefined` in queries, JSON bodies without a JSON content type, and a
// new CSRF token before every call that needs one.

import { expect, test } from "@playwright/test";
import { Client } from "./http";
import { anywhere, app, start, stop } from "./processes";

/** The client sends JSON as text, so fetch sets the content type text/plain. */
function body(value: unknown): RequestInit {
  return { body: JSON.stringify(value), headers: { "content-type": "text/plain;charset=UTF-8" } };
}

async function withToken(client: Client, url: string, init: RequestInit) {
  const { csrfToken } = await client.json("/auth/csrfToken");
  return client.json(url, { ...init, headers: { ...init.headers, "X-CSRF-Token": csrfToken } });
}

test("the TypeScript client signs in, uses the session, and signs out", async () => {
  const server = await start(app, [...anywhere, "--demo"]);
  try {
    const client = new Client(server.url);
    expect((await client.json("/auth/session")).session).toBeNull();

    const started = await client.json("/auth/signIn/bitbucket?redirectTo=undefined&redirect=false");
    expect(started).toMatchObject({ success: true, redirect: false });
    // The browser opens `signInURL`.
    const begun = await client.fetch(started.signInURL);
    expect(begun.status).toBe(302);
    const ended = await client.approve(begun.headers.get("location") ?? "");
    expect([ended.status, ended.headers.get("location")]).toEqual([302, "/"]);

    const { session } = await client.json("/auth/session");
    expect(session.user.name).toBe("Ada Lovelace");
    expect(new Date(session.expires).toISOString()).toBe(session.expires);

    const change = { method: "PATCH", ...body({ user: { ...session.user, name: "Countess" } }) };
    const updated = await withToken(client, "/auth/session?redirectTo=undefined&redirect=undefined", change);
    expect(updated.error?.code, "`redirect=undefined` is what is sent without it").toBeUndefined();
    expect(updated.session.user.name).toBe("Countess");

    expect(await client.json("/auth/providers/bitbucket")).toEqual({ success: true, connected: true });
    const { tokens } = await withToken(client, "/auth/providers/bitbucket/tokens", {});
    expect(tokens.accessToken).toHaveLength(2500);
    const refreshed = await withToken(client, "/auth/providers/bitbucket/user/refresh", { method: "POST" });
    expect(refreshed.session.user.name).toBe("Ada Lovelace");
    const revoked = await withToken(client, "/auth/providers/bitbucket/tokens/revoke", { method: "POST" });
    expect(revoked).toMatchObject({ success: false, error: { code: "OAUTH_INVALID_REVOKE_TOKEN_CONFIG" } });
    expect(await withToken(client, "/auth/providers/bitbucket", { method: "DELETE" })).toEqual({ success: true });
    expect((await client.json("/auth/providers/bitbucket")).connected).toBe(false);

    const signOut = "/auth/signOut?token_type_hint=session_token&redirectTo=undefined";
    const out = await withToken(client, signOut, { method: "POST", ...body({}) });
    expect(out).toEqual({ success: true, redirect: false, redirectURL: null });
    expect((await client.json("/auth/session")).session).toBeNull();
    expect(client.names()).toEqual(["aura-auth.signed_out"]);
  } finally {
    await stop(server);
  }
});
