import { accessible, fitsPhone } from "./look";
import { call, expect, logIn, member, owner, PASSWORD, test, unique } from "./people";

const actions = (email: string) => ({ name: `Actions for ${email}` });

test("an owner invites, changes a role, and removes", async ({ page, browser, tenant }) => {
  await page.goto("/console/team");
  await expect(page.getByText("No open invitations")).toBeVisible();
  await expect(page.getByRole("button", actions(tenant.email))).toHaveCount(0);

  await page.getByRole("link", { name: "Invite" }).click();
  await expect(page).toHaveURL(/invite=now/);
  const email = `${unique("invited")}@example.org`;
  await page.getByLabel("Email").fill(email);
  await page.getByRole("radio", { name: "Admin" }).check();
  await accessible(page);
  await page.getByRole("button", { name: "Invite" }).click();
  await expect(page.getByText("Should the mail not arrive")).toBeVisible();
  const link = await page.getByLabel("Link", { exact: true }).inputValue();
  expect(link).toContain("/console/invite?token=");
  await page.getByRole("button", { name: "Done" }).click();
  await expect(page.getByRole("table", { name: "Invitations" })).toContainText(email);

  const context = await browser.newContext();
  const invited = await context.newPage();
  await invited.goto(new URL(link).pathname + new URL(link).search);
  await invited.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
  await invited.getByRole("button", { name: "Accept" }).click();
  await expect(invited.getByText(`You are a member of ${tenant.name}`)).toBeVisible();

  await page.reload();
  await page.getByRole("button", actions(email)).click();
  await page.getByRole("menuitem", { name: "Change the role" }).click();
  await page.getByRole("radio", { name: "Read-only" }).check();
  await expect(page.getByText("API keys that this person made are lowered")).toBeVisible();
  await page.getByRole("dialog").getByRole("button", { name: "Change the role" }).click();
  await expect(page.getByRole("row").filter({ hasText: email })).toContainText("Read-only");

  await page.getByRole("button", actions(email)).click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  await expect(page.getByRole("dialog")).toContainText("their sessions end");
  await expect(page.getByRole("dialog")).toContainText("They made none.");
  await accessible(page);
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await expect(page.getByRole("row").filter({ hasText: email })).toHaveCount(0);
  await accessible(page);
  await fitsPhone(page);
});

test("who is a member already can't be invited, and an invitation is revoked", async ({ page, tenant }) => {
  await page.goto("/console/team?invite=now");
  await page.getByLabel("Email").fill(tenant.email);
  await page.getByRole("button", { name: "Invite" }).click();
  await expect(page.getByRole("alert")).toContainText("already_member");
  await expect(page.getByRole("alert")).toContainText("request");
  const email = `${unique("mistake")}@example.org`;
  await page.getByLabel("Email").fill(email);
  await page.getByRole("button", { name: "Invite" }).click();
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: `Actions for the invitation of ${email}` }).click();
  await page.getByRole("menuitem", { name: "Revoke" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await expect(page.getByText("No open invitations")).toBeVisible();
});

test("the tenant is handed over by typing its name", async ({ page, browser, tenant }) => {
  const heir = await member(browser, page, "admin");
  await page.goto("/console/team");
  await page.getByRole("button", actions(heir.email)).click();
  await page.getByRole("menuitem", { name: "Hand the tenant over" }).click();
  const confirm = page.getByRole("dialog").getByRole("button", { name: "Hand over" });
  await expect(confirm).toBeDisabled();
  await page.getByLabel(/^Type/).fill(tenant.name);
  await confirm.click();
  await expect(page.getByText("You are Admin")).toBeVisible();
  await expect(page.getByRole("button", actions(heir.email))).toHaveCount(0);
  // A session is never more than it was opened as.
  await heir.page.goto("/console/team");
  await expect(heir.page.getByText("You were given the role Owner")).toBeVisible();
  await heir.page.getByRole("button", { name: "Use the new role" }).click();
  await expect(heir.page.getByText("You are Owner")).toBeVisible();
  await expect(heir.page.getByRole("button", actions(tenant.email))).toBeVisible();
  await heir.context.close();
});

test("an admin whom the owner demotes loses the controls while looking", async ({ page, browser, tenant }) => {
  const admin = await member(browser, page, "admin");
  const other = await member(browser, page, "member");
  await other.context.close();
  await admin.page.goto("/console/team");
  await expect(admin.page.getByRole("button", actions(other.email))).toBeVisible();
  // Nobody acts on an equal or higher role.
  await expect(admin.page.getByRole("button", actions(tenant.email))).toHaveCount(0);
  await expect(admin.page.getByRole("button", actions(admin.email))).toHaveCount(0);
  await admin.page.getByRole("button", actions(other.email)).click();
  await admin.page.getByRole("menuitem", { name: "Remove" }).click();

  await page.goto("/console/team");
  await page.getByRole("button", actions(admin.email)).click();
  await page.getByRole("menuitem", { name: "Change the role" }).click();
  await page.getByRole("radio", { name: "Read-only" }).check();
  await page.getByRole("dialog").getByRole("button", { name: "Change the role" }).click();
  await expect(page.getByRole("row").filter({ hasText: admin.email })).toContainText("Read-only");

  // The admin goes on with what the screen still offers, unless it has seen the change by itself already.
  await admin.page.getByRole("dialog").getByRole("button", { name: "Remove" }).click({ timeout: 3_000 }).catch(() => undefined);
  await expect(admin.page.getByText("You are Read-only")).toBeVisible({ timeout: 15_000 });
  await expect(admin.page.getByRole("dialog")).toHaveCount(0);
  await expect(admin.page.getByRole("button", actions(other.email))).toHaveCount(0);
  await expect(admin.page.getByRole("link", { name: "Invite" })).toHaveCount(0);
  await expect(admin.page.getByRole("link", { name: "Audit" })).toHaveCount(0);
  await expect(page.getByRole("row").filter({ hasText: other.email })).toBeVisible();
  await admin.context.close();
});

test("somebody who is removed while looking comes to the login", async ({ page, browser, tenant: _ }) => {
  const gone = await member(browser, page, "member");
  await gone.page.goto("/console/team");
  await expect(gone.page.getByRole("table", { name: "Members" })).toBeVisible();
  const { members } = (await call(page, "GET", "/tenants/me/members")) as { members: { email: string; user_id: string }[] };
  const id = members.find(({ email }) => email === gone.email)?.user_id;
  await call(page, "DELETE", `/tenants/me/members/${id}`);
  await expect(gone.page).toHaveURL(/\/console\/login/, { timeout: 20_000 });
  await gone.context.close();
});

test("by keyboard alone, somebody is invited", async ({ page, tenant: _ }) => {
  await page.keyboard.press("g");
  await page.keyboard.press("t");
  await expect(page.getByRole("heading", { name: "Team", level: 1 })).toBeVisible();
  await page.getByRole("link", { name: "Invite" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByLabel("Email")).toBeFocused();
  await page.keyboard.type(`${unique("typed")}@example.org`);
  await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("radio", { name: "Admin" })).toBeChecked();
  await page.keyboard.press("Enter");
  await expect(page.getByText("Should the mail not arrive")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("a read-only member sees the list without controls", async ({ page, browser }) => {
  const { email } = await owner(page);
  const reader = await member(browser, page, "read-only");
  await logIn(reader.page, reader.email);
  await reader.page.goto("/console/team?invite=now");
  await expect(reader.page.getByRole("row").filter({ hasText: email })).toBeVisible();
  await expect(reader.page.getByRole("dialog")).toHaveCount(0);
  await expect(reader.page.getByRole("button", { name: /^Actions/ })).toHaveCount(0);
  await expect(reader.page.getByRole("heading", { name: "Invitations" })).toHaveCount(0);
  await reader.context.close();
});
