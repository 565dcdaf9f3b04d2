import type { Page } from "@playwright/test";
import { call, expect, test } from "./people";

const HTML = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`;
const REVERSED = "\u202egnp.exe";
const ANSI = "\u001b[31mred\u001b[0m";
const PROTOTYPE = '{"__proto__":{"polluted":true},"constructor":1,"toString":null}';

/** Appends bytes as they are. */
async function append(page: Page, bytes: number[]) {
  await page.evaluate(async (bytes) => {
    const answer = await fetch("/logs/hostile/append", { method: "POST", body: new Uint8Array(bytes) });
    if (!answer.ok) throw new Error(await answer.text());
  }, bytes);
}

async function expectUnharmed(page: Page) {
  const harm = await page.evaluate(() => ({
    ran: "hacked" in window,
    polluted: "polluted" in {},
    images: document.querySelectorAll("main img, main script, main iframe").length,
  }));
  expect(harm).toEqual({ ran: false, polluted: false, images: 0 });
}

test("whatever is in events is shown as data, and nothing of it runs", async ({ page, tenant }) => {
  test.slow();
  expect(tenant.name).toBeTruthy();
  await call(page, "POST", "/logs", { name: "hostile", description: `${HTML}${REVERSED}${ANSI}` });
  for (const event of [HTML, JSON.stringify({ a: REVERSED, b: HTML }), ANSI, PROTOTYPE]) {
    await call(page, "POST", "/logs/hostile/append", event);
  }
  await append(page, [0xff, 0xfe, 0x00, 0x61]);
  const main = page.getByRole("main");

  await page.goto("/console/logs/hostile?event=1&live=off");
  const grid = page.getByRole("grid", { name: "Events" });
  await expect(grid).toContainText("<img src=x onerror=");
  await expect(grid).toContainText("U+202E");
  await expect(grid).toContainText("__proto__ { polluted true }");
  await expect(grid).toContainText("ff fe 00 61");
  await expect(page.getByRole("region", { name: "Event 1" })).toContainText("<script>window.hacked=1</script>");
  await expectUnharmed(page);
  for (const [sequence, text] of [
    [2, "\\u202egnp.exe"],
    [3, "[31mred"],
    [4, '"__proto__": {'],
    [5, "ff fe 00 61"],
  ] as const) {
    await page.goto(`/console/logs/hostile?event=${sequence}&live=off`);
    await expect(page.getByRole("region", { name: `Event ${sequence}` })).toContainText(text);
    await expectUnharmed(page);
  }
  const shown = await main.innerText();
  expect(shown).not.toMatch(/[\u001b\u202e]/);

  await page.goto("/console/logs/hostile?event=4&compare=1&live=off");
  await expect(page.getByLabel("Event 4 compared with event 1")).toContainText("onerror");
  await expectUnharmed(page);
});

test("a description is text, wherever it stands", async ({ page, tenant }) => {
  expect(tenant.name).toBeTruthy();
  await call(page, "POST", "/logs", { name: "hostile", description: `${HTML}${REVERSED}` });
  await page.goto("/console/logs");
  await page.getByRole("link", { name: "hostile" }).hover();
  await expectUnharmed(page);
  await page.goto("/console/logs/hostile?tab=settings");
  await expect(page.getByRole("textbox", { name: "Description" })).toHaveValue(`${HTML}${REVERSED}`);
  await expect(page.getByText("U+202E")).toBeVisible();
  await expectUnharmed(page);
});

test("a megabyte on one line does not stop the page", async ({ page, tenant }) => {
  test.slow();
  expect(tenant.name).toBeTruthy();
  await call(page, "POST", "/logs/hostile");
  const long = "x".repeat(1_000_000);
  for (const event of [long, JSON.stringify({ long }), `{"deep":${"[".repeat(2000)}${"]".repeat(2000)}}`]) {
    await call(page, "POST", "/logs/hostile/append", event);
  }
  for (const [sequence, form, text] of [
    [1, "text", /x{20}/],
    [2, "json", /x{20}/],
    [2, "hex", /78 78 78/],
    [3, "text", /deep/],
  ] as const) {
    await page.goto(`/console/logs/hostile?event=${sequence}&live=off&form=${form}`);
    await expect(page.getByRole("region", { name: `Event ${sequence}` })).toContainText(text);
    expect(await page.evaluate(() => document.querySelectorAll("*").length)).toBeLessThan(5000);
  }
  await page.goto("/console/logs/hostile?event=2&compare=1&live=off");
  await expect(page.getByLabel("Event 2 compared with event 1")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("region", { name: "Event 2" })).toHaveCount(0);
});

test("an error of the server is text", async ({ page, tenant }) => {
  expect(tenant.name).toBeTruthy();
  await page.route(
    (url) => url.pathname === "/logs/orders",
    (route) =>
    route.fulfill({ status: 404, json: { error: HTML, code: "log_not_found", request_id: HTML } }),
  );
  await page.goto("/console/logs/orders");
  await expect(page.getByRole("alert")).toContainText("<img src=x");
  await expectUnharmed(page);
});
