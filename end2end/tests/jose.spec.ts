// The JavaScript package `jose` opens the sessions of the built app, and creates sessions that the app accepts.

import { generateKeyPairSync, hkdfSync, randomBytes } from "node:crypto";
import { expect, test } from "@playwright/test";
import * as jose from "jose";
import { Client } from "./http";
import { anywhere, app, start, stop } from "./processes";

const secret = "Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js+Ua/EoTiNq0=";
const salt = "Zs5Wd8Kf2Jh6Ng9Bv4Cx7Mq1Lp3Rt0Yu+Ea/OiTxQ1=";
const env = { AURA_AUTH_SECRET: secret, AURA_AUTH_SALT: salt };
const key = (info: string) => new Uint8Array(hkdfSync("sha256", secret, salt, info, 32));
const signing = key("aura:signing");
const encryption = key("aura:encryption");
const cookie = "aura-auth.session_token";

const encrypted = { alg: "dir", enc: "A256GCM", cty: "JWT", typ: "JWT" };

function claims() {
  const now = Math.floor(Date.now() / 1000);
  const jti = randomBytes(32).toString("base64url");
  return { sub: "{made-by-jose}", name: "José", iat: now, nbf: now, exp: now + 3600, jti };
}

const sign = (payload: jose.JWTPayload) =>
  new jose.SignJWT(payload).setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(signing);
const encrypt = (plaintext: string) =>
  new jose.CompactEncrypt(new TextEncoder().encode(plaintext)).setProtectedHeader(encrypted).encrypt(encryption);
const decrypt = async (token: string) =>
  new TextDecoder().decode((await jose.compactDecrypt(token, encryption)).plaintext);
const verify = async (token: string) => (await jose.jwtVerify(token, signing, { typ: "JWT" })).payload;

const modes: Record<string, { open(token: string): Promise<jose.JWTPayload>; make(): Promise<string> }> = {
  sealed: { open: async (token) => verify(await decrypt(token)), make: async () => encrypt(await sign(claims())) },
  signed: { open: verify, make: () => sign(claims()) },
  encrypted: {
    open: async (token) => JSON.parse(await decrypt(token)),
    make: () => encrypt(JSON.stringify(claims())),
  },
};

/** Returns the session token after a sign-in. */
async function signedIn(url: string): Promise<string> {
  const client = new Client(url);
  const begun = await client.fetch("/auth/signIn/bitbucket");
  await client.approve(begun.headers.get("location") ?? "");
  return client.cookie(cookie) ?? "";
}

for (const [mode, { open, make }] of Object.entries(modes)) {
  test(`jose opens and makes ${mode} sessions`, async () => {
    const server = await start(app, [...anywhere, "--demo", "--session-mode", mode], env);
    try {
      const payload = await open(await signedIn(server.url));
      expect(payload).toMatchObject({ sub: "{a54f16da-24e9-4d7f-a3a7-b1ba2cd98aa3}", name: "Ada Lovelace" });

      const client = new Client(server.url);
      client.set(cookie, await make());
      const { session } = await client.json("/auth/session");
      expect(session.user).toMatchObject({ sub: "{made-by-jose}", name: "José" });
      // A token of another mode is rejected.
      const other = modes[mode === "sealed" ? "signed" : "sealed"];
      client.set(cookie, await other.make());
      expect((await client.json("/auth/session")).error.code).toBe("SESSION_INVALID");
    } finally {
      await stop(server);
    }
  });
}

for (const [algorithm, pair] of [
  ["EdDSA", () => generateKeyPairSync("ed25519")],
  ["ES256", () => generateKeyPairSync("ec", { namedCurve: "P-256" })],
  ["RS256", () => generateKeyPairSync("rsa", { modulusLength: 2048 })],
] as const) {
  test(`jose verifies ${algorithm} sessions with the published key alone`, async () => {
    const { privateKey, publicKey } = pair();
    const server = await start(app, [...anywhere, "--demo", "--session-mode", "signed"], {
      ...env,
      AURA_AUTH_SIGNING_PRIVATE_KEY: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
      AURA_AUTH_SIGNING_PUBLIC_KEY: publicKey.export({ type: "spki", format: "pem" }) as string,
    });
    try {
      const keys = jose.createRemoteJWKSet(new URL("/auth/.well-known/jwks.json", server.url));
      const { payload, protectedHeader } = await jose.jwtVerify(await signedIn(server.url), keys);
      expect(payload.name).toBe("Ada Lovelace");
      expect(protectedHeader.alg).toBe(algorithm);

      const client = new Client(server.url);
      const make = () => new jose.SignJWT(claims()).setProtectedHeader({ alg: algorithm, typ: "JWT" }).sign(privateKey);
      let made = await make();
      // Each ES256 signature has two forms. The app rejects the form with the higher s; jose creates both.
      while (algorithm === "ES256" && Buffer.from(made.split(".")[2], "base64url")[32] >= 0x7f) made = await make();
      client.set(cookie, made);
      expect((await client.json("/auth/session")).session.user.name).toBe("José");
      client.set(cookie, await sign(claims()));
      expect((await client.json("/auth/session")).error.code).toBe("SESSION_INVALID");
    } finally {
      await stop(server);
    }
  });
}
