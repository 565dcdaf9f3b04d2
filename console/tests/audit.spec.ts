import { readFileSync } from "node:fs";
import { accessible, fitsPhone } from "./look";
import { call, expect, member, test } from "./people";

test("changes are told in sentences, filtered by the address, and opened", async ({ page, tenant }) => {
  await call(page, "POST", "/logs", { name: "customer-0042" });
  await call(page, "PATCH", "/logs/customer-0042", { retention: "archive" });
  const { id } = (await call(page, "POST", "/keys", { name: "ci", role: "read-only" })) as { id: string };
  await call(page, "DELETE", `/keys/${id}`);
  await page.goto("/console/audit");
  await expect(page.getByText(`${tenant.email} created the log customer-0042`)).toBeVisible();
  await expect(page.getByText(`${tenant.email} changed the log customer-0042: events leave the hot log`)).toBeVisible();
  await expect(page.getByText(`${tenant.email} created the key ci as Read-only`)).toBeVisible();
  await accessible(page);
  await fitsPhone(page);

  await page.getByRole("combobox", { name: "What happened" }).fill("key rev");
  await page.getByRole("option", { name: "Key revoked" }).click();
  await expect(page).toHaveURL(/type=key_revoked/);
  await expect(page.getByText("revoked the key ci")).toBeVisible();
  await expect(page.getByText("created the log")).toHaveCount(0);
  await page.reload();
  await expect(page.getByText("revoked the key ci")).toBeVisible();
  await expect(page.getByText("created the log")).toHaveCount(0);

  await page.getByText("revoked the key ci").click();
  await expect(page).toHaveURL(/event=/);
  await page.reload();
  const drawer = page.getByRole("dialog", { name: "Key revoked" });
  await expect(drawer).toContainText(`"key": "${id}"`);
  await expect(drawer.getByRole("button", { name: "Copy the request id" })).toBeVisible();
  await accessible(page);
  await drawer.getByRole("link", { name: "All about the same" }).click();
  await expect(page).toHaveURL(new RegExp(`about=${id}`));
  await expect(page.getByText("created the key ci")).toBeVisible();

  await page.goto("/console/audit?until=2020-01-01T00:00:00Z");
  await expect(page.getByText("Nothing matches")).toBeVisible();
  await page.getByRole("button", { name: "Show all" }).click();
  await expect(page.getByText("created the log customer-0042")).toBeVisible();
});

test("what another event names is looked up", async ({ page, tenant }) => {
  await call(page, "POST", "/logs", { name: "named-elsewhere" });
  await call(page, "PATCH", "/logs/named-elsewhere", { description: "x" });
  await page.goto("/console/audit?type=log_updated");
  await expect(page.getByText(`${tenant.email} changed the log named-elsewhere`)).toBeVisible();
});

test("what is filtered is exported, and no cell is a formula", async ({ page, tenant }) => {
  await call(page, "POST", "/keys", { name: '=HYPERLINK("http://evil.example")' });
  await call(page, "POST", "/logs", { name: "not-exported" });
  await page.goto("/console/audit?type=key_created");
  await expect(page.getByText("created the key =HYPERLINK")).toBeVisible();
  const download = async (name: string) => {
    await page.getByRole("button", { name: "Export" }).click();
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("menuitem", { name }).click()]);
    return readFileSync(await file.path(), "utf8");
  };
  const lines = (await download("Lines of JSON")).trim().split("\n");
  expect(lines.map((line) => JSON.parse(line).type)).toEqual(["key_created"]);
  const csv = await download("Table");
  expect(csv).toMatch(/^sequence,at,type,/);
  expect(csv).toContain(tenant.email);
  expect(csv.split("\r\n")).toHaveLength(3);
  expect(csv).not.toMatch(/(^|,|\n)"?[=+@-]/);
});

test("a filter that the server refuses is an error with its id", async ({ page, tenant: _ }) => {
  await page.goto("/console/audit?type=moon_landed");
  await expect(page.getByRole("alert")).toContainText("invalid_request");
  await expect(page.getByRole("alert").getByRole("button", { name: "Copy the request id" })).toBeVisible();
});

test("people and keys are told apart, also those who left", async ({ page, browser, tenant: _ }) => {
  const other = await member(browser, page, "member");
  await call(other.page, "POST", "/logs", { name: "of-the-member" });
  const { members } = (await call(page, "GET", "/tenants/me/members")) as { members: { email: string; user_id: string }[] };
  const id = members.find(({ email }) => email === other.email)?.user_id;
  await other.context.close();
  await call(page, "DELETE", `/tenants/me/members/${id}`);
  await page.goto("/console/audit");
  // The invitation still says whose address it was.
  await expect(page.getByText(`${other.email} created the log of-the-member`)).toBeVisible();
  await page.goto(`/console/audit?actor=${id}`);
  await expect(page.getByText("created the log of-the-member")).toBeVisible();
});

test("by keyboard alone, a change is opened and closed", async ({ page, tenant: _ }) => {
  await page.keyboard.press("g");
  await page.keyboard.press("a");
  await page.getByRole("table", { name: "Changes" }).getByRole("link").first().focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
});
