// The loading times and layout shifts of pages. The times are only printed, since they depend on the computer. The test
// asserts that there are no layout shifts.

import { expect, hydrated, signIn, test } from "./app";

interface Vitals {
  lcp: number;
  cls: number;
  tbt: number;
}

declare global {
  interface Window {
    vitals: Vitals;
  }
}

test("no page shifts while it loads", async ({ page }) => {
  await page.addInitScript(() => {
    window.vitals = { lcp: 0, cls: 0, tbt: 0 };
    const observe = (type: string, each: (entry: PerformanceEntry & { value?: number; hadRecentInput?: boolean }) => void) =>
      new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true });
    observe("largest-contentful-paint", ({ startTime }) => (window.vitals.lcp = startTime));
    observe("layout-shift", ({ value, hadRecentInput }) => {
      if (!hadRecentInput) window.vitals.cls += value ?? 0;
    });
    observe("longtask", ({ duration }) => (window.vitals.tbt += duration - 50));
  });
  const measured: Record<string, Vitals> = {};
  const measure = async (path: string) => {
    await page.goto(path);
    await hydrated(page);
    await page.waitForTimeout(500);
    measured[path] = await page.evaluate(() => window.vitals);
  };
  for (const path of ["/", "/sign-in", "/sign-in/failed?error=NETWORK_TIMEOUT"]) await measure(path);
  await signIn(page);
  await measure("/dashboard");
  for (const [path, { lcp, cls, tbt }] of Object.entries(measured)) {
    console.log(`${path}: LCP ${lcp.toFixed(0)} ms, CLS ${cls}, TBT ${tbt.toFixed(0)} ms`);
    expect(cls, path).toBe(0);
  }
});
