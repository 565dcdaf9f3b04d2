import { expect, mailedLink, owner, PASSWORD, test, unique } from "./people";

test("the link of a development server opens the console once", async ({ page }) => {
  const link = process.env.PRIMATOMIC_LOGIN_LINK ?? "";
  await page.goto(link);
  await expect(page.getByRole("button", { name: "Tenant dev" })).toBeVisible();
  await expect(page).toHaveURL(/\/console\/$/);
  const cookies = await page.context().cookies();
  expect(cookies).toHaveLength(1);
  expect(cookies[0]).toMatchObject({ name: "__Host-primatomic", httpOnly: true, secure: true, sameSite: "Strict" });
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
  expect(kept).not.toContain("pt_");
  await page.goto(link);
  await expect(page.getByRole("alert")).toContainText("used already");
});

test("signing up leads through the mailbox to the console", async ({ page }) => {
  const name = unique("newcomer");
  const email = `${name}@example.org`;
  await page.goto("/");
  await page.getByRole("link", { name: "Sign up" }).click();
  await page.getByLabel("Name of your tenant").fill(name);
  await page.getByLabel("Email").fill(email);
  await page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign up" }).click();
  await expect(page.getByText("Look into your mailbox")).toBeVisible();

  await page.getByRole("link", { name: "Log in" }).click();
  await page.getByLabel("Email").fill(email);
  await page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
  await page.getByRole("button", { name: "Log in" }).click();
  await expect(page.getByRole("alert")).toContainText("Verify your address first");

  await page.goto(await mailedLink(email, "verify"));
  await page.getByRole("link", { name: "Log in" }).click();
  await page.getByLabel("Email").fill(email);
  await page.getByRole("textbox", { name: "Password" }).fill(`${PASSWORD}!`);
  await page.getByRole("button", { name: "Log in" }).click();
  await expect(page.getByRole("alert")).toContainText("request");
  await page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
  await page.getByRole("button", { name: "Log in" }).click();
  await expect(page.getByRole("button", { name: `Tenant ${name}` })).toBeVisible();
});

test("whoever is not logged in comes back to where they wanted to go", async ({ page }) => {
  const { email } = await owner(page);
  await page.getByRole("button", { name: /^Tenant/ }).click();
  await page.getByRole("menuitem", { name: "Log out" }).click();
  await expect(page).toHaveURL(/login/);
  await page.goto("/console/logs?prefix=abc");
  await page.getByLabel("Email").fill(email);
  await page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
  await page.getByRole("button", { name: "Log in" }).click();
  await expect(page).toHaveURL(/\/console\/logs\?prefix=abc$/);
});

test("a forgotten password is set anew", async ({ page }) => {
  const { email } = await owner(page);
  await page.goto("/console/forgot-password");
  await page.getByLabel("Email").fill(email);
  await page.getByRole("button", { name: "Send me a link" }).click();
  await expect(page.getByText("Look into your mailbox")).toBeVisible();
  await page.goto(await mailedLink(email, "reset-password"));
  await page.getByLabel("New password").fill("short");
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByLabel("New password").fill("another good password");
  await page.getByRole("button", { name: "Set the password" }).click();
  await expect(page.getByText("All sessions have ended")).toBeVisible();
  await page.goto("/console/");
  await expect(page).toHaveURL(/login/);
});
