import { accessible, fitsPhone } from "./look";
import { call, expect, member, test } from "./people";

test("settings show the tenant, its limits and what is used", async ({ page, tenant }) => {
  await call(page, "POST", "/logs", { name: "one" });
  await page.goto("/console/settings");
  await expect(page.getByText(tenant.name, { exact: true }).last()).toBeVisible();
  const row = page.getByRole("row").filter({ hasText: "Logs" });
  await expect(row.getByRole("meter")).toBeAttached();
  await expect(row.getByRole("cell").nth(2)).toHaveText("1");
  await expect(page.getByText(/^Requests/)).toBeVisible();
  await accessible(page);
  await fitsPhone(page);
});

test("an owner closes the tenant and restores it; others are led to the settings", async ({ page, browser, tenant }) => {
  const other = await member(browser, page, "admin");
  await other.page.goto("/console/logs");
  await page.goto("/console/settings");
  await page.getByRole("button", { name: "Delete the tenant" }).click();
  const confirm = page.getByRole("dialog").getByRole("button", { name: "Close and delete" });
  await page.getByLabel(/^Type/).fill(`${tenant.name}x`);
  await expect(confirm).toBeDisabled();
  await page.getByLabel(/^Type/).fill(tenant.name);
  await accessible(page);
  await confirm.click();
  await expect(page.getByRole("heading", { name: "This tenant is closed" })).toBeVisible();
  await expect(page.getByText("Can be restored until")).toBeVisible();
  await accessible(page);

  // Whoever is there sees it with the next answer.
  await other.page.getByRole("link", { name: "Team" }).click();
  await expect(other.page.getByRole("heading", { name: "This tenant is closed" })).toBeVisible();
  await other.page.getByRole("link", { name: "Open the settings" }).click();
  await expect(other.page.getByText("The owner can restore it.")).toBeVisible();
  await expect(other.page.getByRole("button", { name: "Restore the tenant" })).toHaveCount(0);
  await other.context.close();

  await page.getByRole("link", { name: "Logs" }).click();
  await expect(page.getByText("It is going to be deleted")).toBeVisible();
  await page.getByRole("link", { name: "Open the settings" }).click();
  await page.getByRole("button", { name: "Restore the tenant" }).click();
  await expect(page.getByRole("heading", { name: "This tenant is closed" })).toHaveCount(0);
  await page.getByRole("link", { name: "Logs" }).click();
  await expect(page.getByText("No logs yet")).toBeVisible();
});

test("a tenant is deleted at once, and its progress needs no session", async ({ page, tenant }) => {
  await page.goto("/console/settings");
  await page.getByRole("button", { name: "Delete the tenant" }).click();
  await page.getByRole("radio", { name: "Now" }).check();
  await page.getByLabel(/^Type/).fill(tenant.name);
  await page.getByRole("button", { name: "Delete now" }).click();
  await expect(page).toHaveURL(/\/deleted\?job=/);
  await expect(page.getByRole("heading", { name: `${tenant.name} is deleted` })).toBeVisible();
  await expect(page.getByText("Logs left")).toBeVisible();
  await page.reload();
  await expect(page.getByText("Logs left")).toBeVisible();
  await page.goto("/console/settings");
  await expect(page).toHaveURL(/login/);
});

test("an unknown deletion is an error", async ({ page }) => {
  await page.goto("/console/deleted?job=018f0000-0000-7000-8000-000000000002");
  await expect(page.getByRole("alert")).toContainText("deletion_not_found");
});

test("who is not the owner can't delete", async ({ page, browser, tenant: _ }) => {
  const other = await member(browser, page, "admin");
  await other.page.goto("/console/settings");
  await expect(other.page.getByRole("heading", { name: "Limits" })).toBeVisible();
  await expect(other.page.getByRole("button", { name: "Delete the tenant" })).toHaveCount(0);
  await other.context.close();
});
