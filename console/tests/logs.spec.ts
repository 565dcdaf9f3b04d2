import { call, expect, member, test } from "./people";

const create = async (page: Parameters<typeof call>[0], ...names: string[]) => {
  for (const name of names) await call(page, "POST", `/logs/${name}`);
};

test("a log is made, found by the beginning of its name, and opened", async ({ page, tenant }) => {
  expect(tenant.name).toBeTruthy();
  await page.goto("/console/logs");
  await expect(page.getByText("No logs yet")).toBeVisible();
  await page.getByRole("link", { name: "Create a log" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("orders");
  await dialog.getByRole("button", { name: "Create" }).click();
  await expect(page).toHaveURL(/\/logs\/orders$/);
  await expect(page.getByText("No events yet")).toBeVisible();
  await create(page, "invoices");
  await page.goto("/console/logs?prefix=inv");
  await expect(page.getByRole("link", { name: "invoices" })).toBeVisible();
  await expect(page.getByRole("link", { name: "orders" })).toHaveCount(0);
  await page.getByLabel("Logs that begin with").fill("nothing");
  await expect(page.getByText("No log begins with")).toBeVisible();
  await expect(page).toHaveURL(/prefix=nothing/);
});

test("a name that is taken is said with the id of the request", async ({ page, tenant }) => {
  expect(tenant.name).toBeTruthy();
  await create(page, "orders");
  await page.goto("/console/logs?new=log");
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("orders");
  await dialog.getByRole("button", { name: "Create" }).click();
  await expect(dialog.getByRole("alert")).toContainText("name_taken");
  await expect(dialog.getByRole("alert")).toContainText("request");
});

test("several logs are deleted after their names, events and bytes were shown", async ({ page, tenant }) => {
  expect(tenant.name).toBeTruthy();
  await create(page, "a", "b", "c", "d");
  await call(page, "POST", "/logs/b/append", "12345");
  await call(page, "POST", "/logs/c/append", "12345");
  await page.goto("/console/logs");
  await page.getByLabel("Choose b").click();
  await page.getByLabel("Choose d").click({ modifiers: ["Shift"] });
  await expect(page.getByText("3 selected")).toBeVisible();
  await page.getByLabel("Choose d").click();
  await page.getByRole("button", { name: "Delete…" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("2 events with 10 B");
  await expect(dialog.getByRole("list", { name: "Logs that will be deleted" }).getByRole("listitem")).toHaveCount(2);
  const action = dialog.getByRole("button", { name: "Delete 2 logs" });
  await expect(action).toBeDisabled();
  await dialog.getByRole("textbox").fill("delete 2 logs");
  await action.click();
  // It closes by itself when nothing is left; until then it may be closed.
  await expect(action).toHaveCount(0);
  await page.keyboard.press("Escape");
  await expect(page.getByRole("link", { name: "a", exact: true })).toBeVisible();
  await expect(page.getByRole("link", { name: "d", exact: true })).toBeVisible();
  await expect(page.getByRole("link", { name: "b", exact: true })).toHaveCount(0);
});

test("who may only read makes and deletes nothing", async ({ page, tenant, browser }) => {
  expect(tenant.name).toBeTruthy();
  await create(page, "orders");
  const reader = await member(browser, page, "read-only");
  await reader.page.goto("/console/logs");
  await expect(reader.page.getByRole("link", { name: "orders" })).toBeVisible();
  await expect(reader.page.getByRole("link", { name: "Create a log" })).toHaveCount(0);
  await expect(reader.page.getByRole("checkbox")).toHaveCount(0);
  await reader.page.goto("/console/logs/orders?append=event");
  await expect(reader.page.getByRole("heading", { name: "orders" })).toBeVisible();
  await expect(reader.page.getByRole("button", { name: "Append" })).toHaveCount(0);
  await expect(reader.page.getByRole("dialog")).toHaveCount(0);
  await reader.page.goto("/console/logs/orders?tab=settings");
  await expect(reader.page.getByText("Where events are kept").first()).toBeVisible();
  await expect(reader.page.getByRole("button", { name: "Delete the log" })).toHaveCount(0);
  await reader.context.close();
});
