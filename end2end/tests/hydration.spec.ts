import { expect, hydrated, settled, signIn, test } from "./app";

test("the first HTML shows who is signed in without any script", async ({ page, request }) => {
  await signIn(page);
  const cookies = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  for (const path of ["/", "/dashboard", "/sign-in/failed"]) {
    const response = await request.get(path, { headers: { cookie: cookies } });
    const html = (await response.text()).replace(/<script[\s\S]*?<\/script>/g, "");
    expect(html).toContain("Ada Lovelace");
    expect(response.headers()["cache-control"]).toBe("no-store");
    expect(response.headers()["vary"]).toBe("Cookie");
  }
});

test("hydration sends no request and changes nothing on the page", async ({ page }) => {
  await signIn(page);
  await settled(page);
  for (const path of ["/", "/dashboard", "/sign-in/failed?error=NETWORK_TIMEOUT"]) {
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.goto(path);
    await hydrated(page);
    await page.waitForTimeout(200);
    // The dashboard shows the provider's tokens, which pages never contain.
    const tokens = path === "/dashboard" ? ["/auth/providers/provider_tokens"] : [];
    expect(asked.filter((path) => path.startsWith("/auth") || path.startsWith("/api"))).toEqual(tokens);
    page.removeAllListeners("request");
  }
});

test("links inside the app work without reloading the page", async ({ page }) => {
  await page.goto("/");
  await hydrated(page);
  await page.evaluate(() => Object.assign(window, { stayed: true }));
  await page.getByRole("link", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  expect(await page.evaluate(() => "stayed" in window)).toBe(true);
});

test("a protected page redirects with 302 and without content for every Accept header", async ({ request }) => {
  for (const accept of ["text/html", "*/*", "application/json", ""]) {
    for (let round = 0; round < 10; round += 1) {
      const response = await request.get("/dashboard?x=1", { headers: { accept }, maxRedirects: 0 });
      expect(response.status()).toBe(302);
      expect(response.headers()["location"]).toBe("/sign-in?redirectTo=%2Fdashboard%3Fx%3D1");
      expect(await response.text()).not.toContain("Signed in until");
    }
  }
});

test("an unknown URL shows a page with status 404", async ({ page, silence }) => {
  silence.push("404");
  const response = await page.goto("/nowhere");
  expect(response?.status()).toBe(404);
  await expect(page.getByRole("heading", { name: "There is no page here" })).toBeVisible();
});
