import { accessible, fitsPhone } from "./look";
import { call, expect, logIn, owner, PASSWORD, test } from "./people";
import { nextTotp, totp } from "./totp";

const NEXT = "another good password";

test("the password is changed, and other sessions end", async ({ page, browser, tenant }) => {
  const context = await browser.newContext();
  const other = await context.newPage();
  await logIn(other, tenant.email);
  await page.goto("/console/account");
  await expect(page.getByRole("row").filter({ hasText: "this one" })).toBeVisible();
  await expect(page.getByRole("button", { name: "End all others" })).toBeVisible();
  await accessible(page);
  await fitsPhone(page);

  const change = page.getByRole("button", { name: "Change the password" });
  await page.getByRole("textbox", { name: "Present password" }).fill("wrong password");
  await page.getByRole("textbox", { name: "New password" }).fill(NEXT);
  await change.click();
  await expect(page.getByRole("alert")).toContainText("invalid_credentials");
  // A wrong password is no reason to be logged out.
  await expect(page).toHaveURL(/account/);
  await page.getByRole("textbox", { name: "Present password" }).fill(PASSWORD);
  await change.click();
  await expect(page.getByRole("button", { name: "End all others" })).toHaveCount(0);
  await other.reload();
  await expect(other).toHaveURL(/login/);
  await context.close();
});

test("a session is ended, and then all others", async ({ page, browser, tenant }) => {
  const contexts = [await browser.newContext(), await browser.newContext(), await browser.newContext()];
  for (const context of contexts) await logIn(await context.newPage(), tenant.email);
  await page.goto("/console/account");
  const rows = page.getByRole("table", { name: "Sessions" }).getByRole("row");
  await expect(rows).toHaveCount(5);
  await rows.getByRole("button").first().click();
  await expect(rows).toHaveCount(4);
  await page.getByRole("button", { name: "End all others" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "End them" }).click();
  await expect(rows).toHaveCount(2);
  for (const context of contexts) {
    const [other] = context.pages();
    await other?.reload();
    await expect(other as typeof page).toHaveURL(/login/);
    await context.close();
  }
});

test("a second factor is set up, asked for, and switched off", async ({ page, browser, tenant }) => {
  test.setTimeout(180_000);
  await page.goto("/console/account");
  await page.getByRole("button", { name: "Set up" }).click();
  await page.getByRole("textbox", { name: "Your password, once more" }).fill(PASSWORD);
  await page.getByRole("button", { name: "Go on" }).click();
  await expect(page.getByRole("img", { name: "QR code of the link" })).toBeVisible();
  await expect(page.getByLabel("Link", { exact: true })).toHaveValue(/^otpauth:\/\/totp\//);
  await accessible(page);
  const secret = await page.getByLabel("Secret", { exact: true }).inputValue();
  await page.getByRole("textbox", { name: "Code that it shows now" }).fill("000000");
  await page.getByRole("button", { name: "Switch on" }).click();
  await expect(page.getByRole("alert")).toContainText("invalid_credentials");
  await page.getByRole("textbox", { name: "Code that it shows now" }).fill(totp(secret));
  await page.getByRole("button", { name: "Switch on" }).click();
  const codes = page.getByRole("list", { name: "Recovery codes" }).getByRole("listitem");
  await expect(codes).toHaveCount(10);
  const recovery = await codes.first().innerText();
  await page.keyboard.press("Escape");
  await expect(codes).toHaveCount(10);
  await page.getByLabel("I have kept the codes").check();
  await page.getByRole("button", { name: "Done" }).click();
  await expect(page.getByText("10 recovery codes left")).toBeVisible();

  const context = await browser.newContext();
  const other = await context.newPage();
  await other.goto("/console/login");
  await other.getByLabel("Email").fill(tenant.email);
  await other.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
  await other.getByRole("button", { name: "Log in" }).click();
  await expect(other.getByRole("heading", { name: "Your second factor" })).toBeVisible();
  await accessible(other);
  await other.getByRole("textbox", { name: "Code" }).fill("000000");
  await other.getByRole("button", { name: "Log in" }).click();
  await expect(other.getByRole("alert")).toContainText("request");
  await other.getByRole("textbox", { name: "Code" }).fill(recovery);
  await other.getByRole("button", { name: "Log in" }).click();
  await expect(other.getByRole("navigation", { name: "Places" })).toBeVisible();
  await context.close();

  await page.reload();
  await expect(page.getByText("9 recovery codes left")).toBeVisible();
  await page.getByRole("button", { name: "Switch off" }).click();
  await page.getByRole("textbox", { name: "Your password" }).fill(PASSWORD);
  await page.getByRole("textbox", { name: "Code" }).fill(await nextTotp(secret));
  await page.getByRole("dialog").getByRole("button", { name: "Switch off" }).click();
  await expect(page.getByRole("button", { name: "Set up" })).toBeVisible();
});

test("a member of two tenants goes from one to the other", async ({ page, browser, tenant }) => {
  const context = await browser.newContext();
  const elsewhere = await context.newPage();
  const other = await owner(elsewhere);
  const { token } = (await call(elsewhere, "POST", "/tenants/me/invitations", { email: tenant.email, role: "member" })) as { token: string };
  await call(page, "POST", `/invitations/${token}/accept`, { email: tenant.email, password: PASSWORD });
  await context.close();
  await page.goto("/console/account");
  await page.getByRole("button", { name: `Go to ${other.name}` }).click();
  await expect(page.getByRole("button", { name: `Tenant ${other.name}` })).toBeVisible();
  await expect(page).toHaveURL(/\/console\/$/);
});
