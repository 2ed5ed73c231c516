import { expect, hydrated, signIn, signOutButton, test } from "./app";

test("a strict Content-Security-Policy is sent, and no page violates it", async ({ page, silence }) => {
  silence.push("404");
  const broken: string[] = [];
  await page.exposeFunction("broke", (what: string) => broken.push(what));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
      (window as unknown as { broke(what: string): void }).broke(`${violatedDirective} ${blockedURI}`);
    });
  });
  for (const path of ["/", "/sign-in", "/sign-in/failed?error=NETWORK_TIMEOUT", "/nowhere"]) {
    const response = await page.goto(path);
    await hydrated(page);
    const headers = response!.headers();
    expect(headers["content-security-policy"]).toMatch(/script-src 'self' 'nonce-[^']+' 'wasm-unsafe-eval'/);
    expect(headers["content-security-policy"]).not.toContain("unsafe-inline");
    expect(headers["cross-origin-opener-policy"]).toBe("same-origin");
    expect(headers["permissions-policy"]).toContain("camera=()");
    // Browsers ignore this header over http.
    expect(headers["strict-transport-security"]).toBeUndefined();
  }
  await signIn(page);
  await hydrated(page);
  await page.getByLabel("Name in this app").fill("Countess");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Your name is changed.")).toBeVisible();
  await page.getByRole("button", { name: "Disconnect" }).click();
  await expect(page.getByText("Not connected")).toBeVisible();
  await signOutButton(page).click();
  await expect(page).toHaveURL("/");
  await hydrated(page);
  expect(broken).toEqual([]);
});
