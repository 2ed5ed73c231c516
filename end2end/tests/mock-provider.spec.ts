// An independent authorization server: npm's oauth2-mock-server, used as a custom provider.

import { expect, test } from "@playwright/test";
import { OAuth2Server } from "oauth2-mock-server";
import { Client } from "./http";
import { start, stop, testServer } from "./processes";

const env = {
  AURA_AUTH_SECRET: "Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js+Ua/EoTiNq0=",
  AURA_AUTH_SALT: "Zs5Wd8Kf2Jh6Ng9Bv4Cx7Mq1Lp3Rt0Yu+Ea/OiTxQ1=",
};

test("sign-in, refresh, revocation and denial with another server", async () => {
  const provider = new OAuth2Server();
  await provider.issuer.keys.generate("RS256");
  await provider.start(0, "localhost");
  const server = await start(testServer, ["app", provider.issuer.url ?? ""], env);
  try {
    const seen: Record<string, string>[] = [];
    provider.service.on("beforeResponse", (answer, request) => {
      seen.push({ ...request.body });
      // The token expires after one second, so the first read of the tokens refreshes them.
      if (request.body.grant_type === "authorization_code" && answer.body) answer.body.expires_in = 1;
    });
    provider.service.on("beforeUserinfo", (answer) => {
      answer.body = { sub: "johndoe", name: "John Doe" };
    });
    const client = new Client(server.url);
    const signIn = async () => {
      const begun = await client.fetch("/auth/signIn/mock?redirectTo=/in", { headers: { accept: "text/html" } });
      const allowed = await client.fetch(begun.headers.get("location") ?? "");
      return client.fetch(allowed.headers.get("location") ?? "", { headers: { accept: "application/json" } });
    };
    const signedIn = await signIn();
    expect([signedIn.status, signedIn.headers.get("location")]).toEqual([302, "/in"]);
    expect((await client.json("/auth/session")).session.user).toMatchObject({ sub: "johndoe", name: "John Doe" });
    expect(seen[0]).toMatchObject({ grant_type: "authorization_code" });
    expect(seen[0].code_verifier).toHaveLength(43);

    await new Promise((later) => setTimeout(later, 1_100));
    const { csrfToken } = await client.json("/auth/csrfToken");
    const headers = { "x-csrf-token": csrfToken };
    const { tokens } = await client.json("/auth/providers/mock/tokens", { headers });
    expect(tokens.accessToken.split(".")).toHaveLength(3);
    expect(seen[1]).toMatchObject({ grant_type: "refresh_token" });
    const revoked = await client.json("/auth/providers/mock/tokens/revoke", { method: "POST", headers });
    expect(revoked).toEqual({ success: true });

    provider.service.once("beforeAuthorizeRedirect", ({ url }) => {
      url.searchParams.delete("code");
      url.searchParams.set("error", "access_denied");
    });
    const denied = await signIn();
    expect([denied.status, (await denied.json()).error.code]).toEqual([403, "OAUTH_ACCESS_DENIED"]);
  } finally {
    await stop(server);
    await provider.stop();
  }
});
