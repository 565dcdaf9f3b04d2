/** Tenants and people for tests, made as anybody makes them: by signing up, mail and invitation. */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { test as base, type Browser, type BrowserContext, expect, type Page } from "@playwright/test";

export const PASSWORD = "correct horse battery";

const mailbox = `${process.env.PRIMATOMIC_DATA}/mail`;
let made = 0;

/** A name that no other test has. */
export const unique = (name: string) => `${name}-${process.pid}-${++made}`;

/** The newest link to a page that was mailed to an address. */
export async function mailedLink(email: string, page: string): Promise<string> {
  const pattern = new RegExp(`http://[^\\s]*/${page}\\?token=[\\w-]{46}`);
  let link: string | undefined;
  await expect(() => {
    const files = readdirSync(mailbox).map((name) => `${mailbox}/${name}`);
    const newestFirst = files.sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs);
    const texts = newestFirst.map((file) => readFileSync(file, "utf8").replaceAll("=\r\n", "").replaceAll("=3D", "="));
    const links = texts.filter((text) => text.includes(email)).map((text) => pattern.exec(text)?.[0]);
    link = links.find((it) => it !== undefined);
    expect(link).toBeDefined();
  }).toPass();
  return link as string;
}

/** A call of the API from a page, with the page's session. */
export async function call(page: Page, method: string, path: string, body?: unknown): Promise<unknown> {
  return page.evaluate(
    async ([method, path, body]) => {
      const headers: HeadersInit = typeof body === "string" || body === undefined ? {} : { "Content-Type": "application/json" };
      const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
      const answer = await fetch(path as string, { method: method as string, headers, body: text });
      const content = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${content}`);
      return content && answer.headers.get("Content-Type")?.includes("json") ? JSON.parse(content) : content;
    },
    [method, path, body] as const,
  );
}

export async function logIn(page: Page, email: string) {
  await page.goto("/console/login");
  await page.getByLabel("Email").fill(email);
  await page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
  await page.getByRole("button", { name: "Log in" }).click();
  await expect(page.getByRole("navigation", { name: "Places" })).toBeVisible();
}

/** A new tenant's owner, logged in. */
export async function owner(page: Page, name = unique("acme")): Promise<{ name: string; email: string }> {
  const email = `${name}@example.org`;
  await page.goto("/console/login");
  await call(page, "POST", "/tenants", { short_name: name, owner_email: email, owner_password: PASSWORD });
  const token = (await mailedLink(email, "verify")).split("token=")[1];
  await call(page, "POST", "/auth/verify-email", { token });
  await logIn(page, email);
  return { name, email };
}

/** Another person of the tenant of a page, in a window of their own. */
export async function member(browser: Browser, inviter: Page, role: string): Promise<{ page: Page; email: string; context: BrowserContext }> {
  const email = `${unique(role)}@example.org`;
  await call(inviter, "POST", "/tenants/me/invitations", { email, role });
  const token = (await mailedLink(email, "invite")).split("token=")[1];
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto("/console/login");
  await call(page, "POST", `/invitations/${token}/accept`, { email, password: PASSWORD });
  await logIn(page, email);
  return { page, email, context };
}

/** Tests get a page of a new tenant's owner. Whatever a page says to its console is an error. */
export const test = base.extend<{ tenant: { name: string; email: string }; page: Page }>({
  page: async ({ page }, use) => {
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => {
      // A browser says that an answer was an error; the screens show those.
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) errors.push(message.text());
    });
    await use(page);
    expect(errors).toEqual([]);
  },
  tenant: async ({ page }, use) => {
    await use(await owner(page));
  },
});

export { expect };
