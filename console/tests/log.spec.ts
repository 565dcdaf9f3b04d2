import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { call, expect, test } from "./people";

/** A log with events `{"n":1}` to `{"n":count}`. */
async function logOf(page: Page, count: number, name = "orders") {
  await call(page, "POST", `/logs/${name}`);
  for (let from = 1; from <= count; from += 10_000) {
    const events = Array.from({ length: Math.min(10_000, count + 1 - from) }, (_, at) => ({ n: from + at }));
    await call(page, "POST", `/logs/${name}/append_batch`, events);
  }
}

const grid = (page: Page) => page.getByRole("grid", { name: "Events" });
const row = (page: Page, sequence: string) => grid(page).getByRole("row").filter({ has: page.getByText(sequence, { exact: true }) });

test("events come as they are appended, and stand still while paused", async ({ page, tenant }) => {
  expect(tenant.name).toBeTruthy();
  await logOf(page, 3);
  await page.goto("/console/logs/orders");
  await expect(row(page, "3")).toContainText("n 3");
  await expect(page.getByText("live", { exact: true })).toBeVisible();
  await call(page, "POST", "/logs/orders/append", '{"model":"gpt-4"}');
  await expect(row(page, "4")).toContainText("model gpt-4");
  await page.keyboard.press("Space");
  await expect(page.getByText("paused", { exact: true })).toBeVisible();
  await expect(page).toHaveURL(/live=off/);
  await call(page, "POST", "/logs/orders/append", '{"n":5}');
  await expect(page.getByRole("button", { name: "1 new event" })).toBeVisible();
  await expect(row(page, "5")).toHaveCount(0);
  await page.keyboard.press("Space");
  await expect(row(page, "5")).toContainText("n 5");
  await expect(page).not.toHaveURL(/live=off/);
});

test("a tail goes on without loss after a broken connection", async ({ page, tenant, context }) => {
  expect(tenant.name).toBeTruthy();
  await logOf(page, 1);
  await page.goto("/console/logs/orders");
  await expect(page.getByText("live", { exact: true })).toBeVisible();
  const other = await context.newPage();
  await other.goto("/console/logs");
  await page.route("**/logs/orders/events*", (route) => route.abort());
  await page.evaluate(() => window.dispatchEvent(new Event("offline")));
  for (let n = 2; n <= 4; n += 1) await call(other, "POST", "/logs/orders/append", `{"n":${n}}`);
  await page.unroute("**/logs/orders/events*");
  await expect(row(page, "4")).toContainText("n 4");
  await expect(row(page, "3")).toContainText("n 3");
  await expect(row(page, "2")).toContainText("n 2");
});

test("any place of a long log is reached by its sequence, and is in the address", async ({ page, tenant }) => {
  expect(tenant.name).toBeTruthy();
  await logOf(page, 30_000);
  await page.goto("/console/logs/orders");
  await page.getByLabel("Go to a sequence or time").fill("12,345");
  await page.keyboard.press("Enter");
  await expect(row(page, "12,345")).toContainText("n 12345");
  await expect(page).toHaveURL(/from=12345/);
  await page.reload();
  await expect(row(page, "12,345")).toBeInViewport();
  await grid(page).evaluate((list) => list.scrollTo({ top: list.scrollHeight }));
  await expect(row(page, "1")).toContainText("n 1");
  await page.getByLabel("Go to a sequence or time").fill("some day");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Such as 4200")).toBeVisible();
});

test("an event is opened, shown in other forms and compared, by keyboard alone", async ({ page, tenant }) => {
  expect(tenant.name).toBeTruthy();
  await logOf(page, 5);
  await page.goto("/console/logs/orders");
  await expect(row(page, "5")).toContainText("n 5");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await expect(page).toHaveURL(/event=4/);
  const inspector = page.getByRole("region", { name: "Event 4" });
  await expect(inspector.getByRole("group", { name: "JSON" })).toContainText('"n": 4');
  await page.keyboard.press("k");
  await expect(page.getByRole("region", { name: "Event 5" })).toBeVisible();
  await page.keyboard.press("j");
  await inspector.getByText("Hex").click();
  await expect(inspector.getByLabel("Bytes in hexadecimal")).toContainText("7b 22 6e 22 3a 34 7d");
  await expect(page).toHaveURL(/form=hex/);
  await inspector.getByRole("button", { name: "Compare with…" }).focus();
  await page.keyboard.press("Enter");
  await page.getByLabel("Sequence of the other event").fill("2");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/compare=2/);
  const difference = page.getByLabel("Event 4 compared with event 2");
  await expect(difference).toContainText('"n": 2');
  await expect(difference).toContainText('"n": 4');
  await page.reload();
  await expect(difference).toContainText('"n": 2');
  await page.getByRole("button", { name: "End comparison" }).click();
  await page.keyboard.press("Escape");
  await expect(inspector).toHaveCount(0);
});

test("an event is checked as JSON, appended with what is expected, and opened", async ({ page, tenant }) => {
  expect(tenant.name).toBeTruthy();
  await logOf(page, 2);
  await page.goto("/console/logs/orders");
  await expect(row(page, "2")).toBeVisible();
  await page.keyboard.press("a");
  const drawer = page.getByRole("dialog");
  const editor = drawer.getByRole("textbox", { name: "Event" });
  await editor.fill('{"inc": 1');
  await expect(drawer.getByText("This is no JSON yet")).toBeVisible();
  await expect(drawer.getByRole("button", { name: "Append", exact: true })).toBeDisabled();
  await editor.fill('{"inc": 10}');
  await drawer.getByLabel("Expected sequence").fill("7");
  await drawer.getByRole("button", { name: "Append", exact: true }).click();
  await expect(drawer.getByRole("alert")).toContainText("sequence_mismatch");
  await drawer.getByLabel("Expected sequence").fill("2");
  await drawer.getByRole("button", { name: "Append", exact: true }).click();
  await drawer.getByRole("button", { name: "3", exact: true }).click();
  await expect(page.getByRole("region", { name: "Event 3" })).toContainText('"inc": 10');
});

test("a file is checked by line, and appended in batches", async ({ page, tenant }) => {
  expect(tenant.name).toBeTruthy();
  await logOf(page, 1);
  await page.goto("/console/logs/orders?append=file");
  const drawer = page.getByRole("dialog");
  const choose = (name: string, text: string) =>
    drawer.getByLabel("File of events", { exact: true }).setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from(text) });
  await choose("wrong.ndjson", '{"n":1}\n{wrong\n');
  await expect(drawer.getByRole("list", { name: "What is wrong" })).toContainText("line 2");
  await expect(drawer.getByRole("button", { name: /^Append \d/ })).toHaveCount(0);
  await choose("right.ndjson", Array.from({ length: 12_000 }, (_, at) => `{"n": ${at}}`).join("\n"));
  await drawer.getByRole("button", { name: "Append 12,000 events" }).click();
  await expect(drawer.getByText("12,000 of 12,000 events appended, all of them")).toBeVisible({ timeout: 30_000 });
  await drawer.getByRole("button", { name: "Show the last one, 12,001" }).click();
  await expect(page.getByRole("region", { name: "Event 12,001" })).toContainText('"n": 11999');
});

test("all events are exported, also over a broken connection", async ({ page, tenant }) => {
  expect(tenant.name).toBeTruthy();
  await logOf(page, 12_000);
  await page.addInitScript(() => Reflect.deleteProperty(window, "showSaveFilePicker"));
  await page.goto("/console/logs/orders?live=off");
  await expect(row(page, "12,000")).toBeVisible();
  let broken = 0;
  await page.route("**/logs/orders/events*", (route) => {
    if (route.request().headers().accept?.includes("ndjson") && broken < 4) {
      broken += 1;
      return route.abort();
    }
    return route.continue();
  });
  await page.getByRole("button", { name: "Export" }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("dialog").getByRole("button", { name: "Export", exact: true }).click();
  const path = await (await download).path();
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  expect(lines).toHaveLength(12_000);
  expect(JSON.parse(lines[11_999] as string)).toMatchObject({ sequence: 12_000, data: '{"n":12000}' });
  expect(broken).toBe(4);
});

test("the hash chain is computed again in the browser", async ({ page, tenant }) => {
  expect(tenant.name).toBeTruthy();
  await logOf(page, 3000);
  await page.goto("/console/logs/orders?live=off");
  await page.getByRole("button", { name: "Verify" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Verify" }).click();
  await expect(dialog.getByText("intact")).toBeVisible({ timeout: 30_000 });
  await expect(dialog).toContainText("after event 3,000 are the same");
  // What is not the same is said.
  await page.route((url) => url.pathname === "/logs/orders", async (route) => {
    const answer = await route.fetch();
    const log = (await answer.json()) as Record<string, unknown>;
    await route.fulfill({ response: answer, json: { ...log, chain_hash: "0".repeat(64) } });
  });
  await dialog.getByRole("button", { name: "Verify again" }).click();
  await expect(dialog.getByText("not the same")).toBeVisible({ timeout: 30_000 });
});

test("a log is described, moved to the archive, and deleted by its name", async ({ page, tenant }) => {
  expect(tenant.name).toBeTruthy();
  await logOf(page, 1);
  await page.goto("/console/logs/orders?tab=settings");
  await page.getByRole("textbox", { name: "Description" }).fill("Orders of the shop");
  await page.getByRole("button", { name: "Save the description" }).click();
  await expect(page.getByRole("button", { name: "Save the description" })).toBeDisabled();
  await page.getByText("Archive", { exact: true }).click();
  await expect(page.getByText("Events leave the hot log")).toBeVisible();
  await page.reload();
  await expect(page.getByRole("textbox", { name: "Description" })).toHaveValue("Orders of the shop");
  await expect(page.getByText("Events leave the hot log")).toBeVisible();
  await page.getByRole("button", { name: "Delete the log" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox").fill("order");
  await expect(dialog.getByRole("button", { name: "Delete the log" })).toBeDisabled();
  await dialog.getByRole("textbox").fill("orders");
  await dialog.getByRole("button", { name: "Delete the log" }).click();
  // Either the job is still shown, or it was so quick that the list is.
  await expect(page).toHaveURL(/deletion=|\/logs$/);
  await page.goto("/console/logs/orders");
  await expect(page.getByRole("alert")).toContainText("log_not_found");
});
