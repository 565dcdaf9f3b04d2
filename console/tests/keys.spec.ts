import { accessible, fitsPhone } from "./look";
import { call, expect, member, test } from "./people";

const DAY_MS = 86_400_000;
const at = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();
const actions = (name: string) => ({ name: `Actions for the key ${name}` });

test("a key is made for some logs, its secret is shown once and works, and it is rotated and revoked", async ({ page, tenant: _ }) => {
  await call(page, "POST", "/logs", { name: "customer-0042" });
  await call(page, "POST", "/logs", { name: "customer-0043" });
  await page.goto("/console/keys");
  await expect(page.getByText("No keys yet")).toBeVisible();
  await page.getByRole("link", { name: "Create a key" }).first().click();
  await expect(page).toHaveURL(/new=key/);
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("ingest");
  await page.getByText("Some", { exact: true }).click();
  await expect(page.getByRole("button", { name: "Create", exact: true })).toBeDisabled();
  await page.getByRole("combobox", { name: "Names of the logs" }).fill("customer-0042");
  await page.getByRole("option", { name: "customer-0042" }).click();
  await page.getByText("30 days", { exact: true }).click();
  await accessible(page);
  await page.getByRole("button", { name: "Create", exact: true }).click();

  const dialog = page.getByRole("dialog", { name: "The key is made" });
  await expect(dialog).toContainText("shown this once");
  const secret = await page.getByLabel("Secret", { exact: true }).inputValue();
  expect(secret).toMatch(/^pk_/);
  await expect(page.getByLabel("For the command line and the examples", { exact: true })).toHaveValue(`export PRIMATOMIC_API_KEY=${secret}`);
  // It is not closed by accident.
  await page.keyboard.press("Escape");
  await page.mouse.click(5, 5);
  await expect(dialog).toBeVisible();
  await expect(dialog.getByRole("button", { name: "Done" })).toBeDisabled();
  await accessible(page);
  await dialog.getByLabel("I have kept the secret").check();
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(dialog).toHaveCount(0);

  const status = (secret: string, log: string) =>
    page.request.get(`/logs/${log}`, { headers: { Authorization: `Bearer ${secret}` } }).then((answer) => answer.status());
  expect(await status(secret, "customer-0042")).toBe(200);
  expect(await status(secret, "customer-0043")).toBe(404);

  const row = page.getByRole("row").filter({ hasText: "ingest" });
  await expect(row).toContainText("in 30 days");
  await row.getByRole("button", { name: "1 log" }).click();
  await expect(page.getByRole("link", { name: "customer-0042" })).toBeVisible();
  await page.keyboard.press("Escape");

  await page.getByRole("button", actions("ingest")).click();
  await page.getByRole("menuitem", { name: "Rotate" }).click();
  await page.getByText("None", { exact: true }).click();
  await expect(page.getByText("They end at once")).toBeVisible();
  await page.getByRole("button", { name: "Rotate", exact: true }).click();
  await expect(page.getByText("Earlier secrets have ended")).toBeVisible();
  const next = await page.getByLabel("Secret", { exact: true }).inputValue();
  expect([await status(secret, "customer-0042"), await status(next, "customer-0042")]).toEqual([401, 200]);
  await page.getByLabel("I have kept the secret").check();
  await page.getByRole("button", { name: "Done" }).click();

  await page.getByRole("button", actions("ingest")).click();
  await page.getByRole("menuitem", { name: "Revoke" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await expect(page.getByText("No keys yet")).toBeVisible();
  expect(await status(next, "customer-0042")).toBe(401);
});

test("keys that ended or are about to are marked, and hostile names are shown as data", async ({ page, tenant: _ }) => {
  await call(page, "POST", "/keys", { name: "soon", expires_at: at(3) });
  await call(page, "POST", "/keys", { name: "later", expires_at: at(90) });
  await call(page, "POST", "/keys", { name: "over", expires_at: new Date(Date.now() + 1500).toISOString() });
  await call(page, "POST", "/keys", { name: "<img src=x onerror=alert(1)> \u202eevil" });
  await page.goto("/console/keys");
  await expect(page.getByRole("row").filter({ hasText: "over" })).toContainText("expired");
  await expect(page.getByRole("row").filter({ hasText: "soon" })).toContainText("in 3 days");
  await expect(page.getByText("<img src=x onerror=alert(1)> \\u{202e}evil")).toBeVisible();
  await accessible(page);
  await fitsPhone(page);
});

test("a key's last day is chosen in a calendar", async ({ page, tenant: _ }) => {
  await page.goto("/console/keys?new=key");
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("until");
  await page.getByText("Date", { exact: true }).click();
  await expect(page.getByRole("button", { name: "Create", exact: true })).toBeDisabled();
  await page.getByRole("textbox", { name: "Last day" }).fill("2099-12-31");
  await page.keyboard.press("Tab");
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByLabel("I have kept the secret").check();
  await page.getByRole("button", { name: "Done" }).click();
  const { keys } = (await call(page, "GET", "/keys")) as { keys: { expires_at: string }[] };
  expect(keys[0]?.expires_at).toMatch(/^2100-01-01T00:00:00/);
});

test("a member sees the own keys alone and gives no higher role; a refusal says why", async ({ page, browser, tenant: _ }) => {
  await call(page, "POST", "/keys", { name: "of the owner", role: "owner" });
  const other = await member(browser, page, "member");
  await other.page.goto("/console/keys?new=key");
  await expect(other.page.getByRole("radio", { name: "Member" })).toBeChecked();
  await expect(other.page.getByRole("radio", { name: "Admin" })).toHaveCount(0);
  await expect(other.page.getByText("of the owner")).toHaveCount(0);
  await other.page.getByRole("textbox", { name: "Name", exact: true }).fill("mine");

  // Meanwhile the owner lowers the role.
  const { members } = (await call(page, "GET", "/tenants/me/members")) as { members: { email: string; user_id: string }[] };
  const id = members.find(({ email }) => email === other.email)?.user_id;
  await call(page, "PATCH", `/tenants/me/members/${id}`, { role: "read-only" });
  await other.page.getByRole("button", { name: "Create", exact: true }).click();
  await expect(other.page.getByRole("link", { name: "Create a key" })).toHaveCount(0);
  await expect(other.page.getByRole("dialog")).toHaveCount(0);
  await expect(other.page.getByRole("link", { name: "API keys" })).toHaveCount(0);
  await other.context.close();
});

test("by keyboard alone, a key is made", async ({ page, tenant: _ }) => {
  await page.keyboard.press("g");
  await page.keyboard.press("k");
  await page.getByRole("link", { name: "Create a key" }).first().focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("textbox", { name: "Name", exact: true })).toBeFocused();
  await page.keyboard.type("typed");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog", { name: "The key is made" })).toBeVisible();
  await page.getByLabel("I have kept the secret").focus();
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: "Done" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("row").filter({ hasText: "typed" })).toBeVisible();
});
