import { expect, test } from "./people";

test("a first visit fetches 200 kB at most", async ({ page, tenant }) => {
  expect(tenant.name).toBeTruthy();
  await page.goto("/console/");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.waitForLoadState("networkidle");
  const sizes = await page.evaluate(() =>
    (performance.getEntriesByType("resource") as PerformanceResourceTiming[])
      // Charts come when the screen is there already.
      .filter((it) => it.name.includes("/console/") && !it.name.includes("/Chart-"))
      .map((it) => [it.name.split("/").at(-1), it.encodedBodySize] as const),
  );
  const total = sizes.reduce((sum, [, size]) => sum + size, 0);
  expect(total, JSON.stringify(sizes, undefined, 1)).toBeLessThan(200_000);
});
