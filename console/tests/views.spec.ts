import { readFileSync } from "node:fs";
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { call, expect, member, test, unique } from "./people";

const COUNTER = `${process.env.PRIMATOMIC_DATA}/examples/counter.wasm`;
const HOSTILE = "<script>document.title='run'</script><img src=x onerror=\"document.title='run'\">";

/** A log with events, and the counter as its view. */
async function counter(page: Page, options: { events?: string[]; contentType?: string } = {}) {
  const log = unique("log");
  await call(page, "POST", "/logs", { name: log });
  for (const event of options.events ?? ['{"inc":10}', '{"inc":20}', '{"dec":5}']) await append(page, log, event);
  await deploy(page, log, "counter", options.contentType);
  return log;
}

const append = (page: Page, log: string, event: string) => call(page, "POST", `/logs/${log}/append`, event);

async function deploy(page: Page, log: string, view: string, contentType = "application/json") {
  const answer = await page.request.post(`/logs/${log}/views/${view}?content_type=${encodeURIComponent(contentType)}`, {
    data: readFileSync(COUNTER),
    // The session is the browser's, which says from where it asks.
    headers: { "Content-Type": "application/wasm", Origin: new URL(page.url()).origin },
  });
  expect(answer.ok(), await answer.text()).toBe(true);
}

const open = (page: Page, log: string, search = "") => page.goto(`/console/logs/${log}/views/counter${search}`);

test("a view is asked, and the address has the question", async ({ page, tenant }) => {
  expect(tenant.name).toBeTruthy();
  const log = await counter(page);
  await open(page, log);
  await expect(page.getByText("live · version 1")).toBeVisible();
  await expect(page.getByText("Nothing asked yet")).toBeVisible();
  await page.getByLabel("Name of parameter 1").fill("month");
  await page.getByLabel("Value of parameter 1").fill("2026-11");
  await page.getByLabel("After event").fill("3");
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  await expect(page.getByText("at event 3")).toBeVisible();
  await expect(page.getByRole("group", { name: "JSON" })).toContainText('"value": 25');
  await expect(page).toHaveURL(/parameters=month%3D2026-11&after=3&asked=yes/);
  await page.getByText("Hex", { exact: true }).click();
  await expect(page.getByLabel("Bytes in hexadecimal")).toContainText("7b 22 76 61 6c 75 65 22");
  await page.reload();
  await expect(page.getByLabel("Bytes in hexadecimal")).toContainText("7b 22 76 61 6c 75 65 22");
  await expect(page.getByLabel("Value of parameter 1")).toHaveValue("2026-11");

  await page.getByRole("button", { name: "Save the question" }).click();
  await page.getByLabel("Name of the question").fill("November");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByLabel("After event").fill("2");
  await page.getByRole("button", { name: /^November/ }).click();
  await expect(page.getByLabel("After event")).toHaveValue("3");
});

test("a view is asked by keyboard alone", async ({ page, tenant }) => {
  expect(tenant.name).toBeTruthy();
  const log = await counter(page);
  await open(page, log);
  await expect(page.getByText("Nothing asked yet")).toBeVisible();
  await page.getByRole("link", { name: "Settings", exact: true }).last().focus();
  await page.getByRole("link", { name: "Query" }).focus();
  await page.keyboard.press("Enter");
  await page.getByLabel("Name of parameter 1").focus();
  await page.keyboard.type("a");
  await page.keyboard.press("Tab");
  await page.keyboard.type("b");
  await page.keyboard.press("Control+Enter");
  await expect(page.getByRole("group", { name: "JSON" })).toContainText('"value": 25');
  await expect(page).toHaveURL(/parameters=a%3Db/);
});

test("what goes wrong with a question is said with what can be done", async ({ page, tenant }) => {
  expect(tenant.name).toBeTruthy();
  const log = await counter(page);
  await open(page, log, "?parameters=as_of%3D1");
  await expect(page.getByRole("alert")).toContainText("is a parameter of the platform");
  await expect(page.getByRole("button", { name: "Ask", exact: true })).toBeDisabled();

  await page.route("**/query?*", (route) => route.continue({ url: `${route.request().url()}&timeout_ms=50` }));
  await open(page, log, "?after=99&asked=yes");
  await expect(page.getByText("The view has not come so far yet")).toBeVisible();
  await expect(page.getByText("It has applied the events up to 3.")).toBeVisible();
  await page.unroute("**/query?*");

  await open(page, log, "?version=7&asked=yes");
  await expect(page.getByRole("alert")).toContainText("version_not_found");
});

test("an answer of text/html is shown as text, and never runs", async ({ page, tenant }) => {
  expect(tenant.name).toBeTruthy();
  // The counter says of itself what its upload says.
  const log = await counter(page, { contentType: "text/html" });
  await open(page, log, "?asked=yes");
  await expect(page.getByText("at event 3 · text/html")).toBeVisible();
  await expect(page.getByRole("group", { name: "JSON" })).toContainText('"value": 25');

  // It has no tags to say, so that they come from here.
  await page.route("**/query", (route) =>
    route.fulfill({ status: 200, body: HOSTILE, headers: { "Content-Type": "text/html", "Primatomic-Sequence": "3" } }),
  );
  await page.reload();
  await expect(page.locator("pre[aria-label=Text]")).toHaveText(HOSTILE);
  expect(await page.locator("main img, main script, main iframe").count()).toBe(0);
  expect(await page.title()).toContain("Primatomic");
});

test("the server lets no answer run in its origin", async ({ page, tenant }) => {
  expect(tenant.name).toBeTruthy();
  const log = await counter(page, { contentType: "text/html" });
  const answer = await page.request.get(`/logs/${log}/views/counter/query`);
  expect(answer.headers()["content-type"]).toContain("text/html");
  expect(answer.headers()["content-security-policy"]).toContain("sandbox");
  expect(answer.headers()["x-content-type-options"]).toBe("nosniff");
});

test("hostile JSON is shown key by key", async ({ page, tenant }) => {
  expect(tenant.name).toBeTruthy();
  const log = await counter(page);
  const body = `{"__proto__":{"polluted":true},"constructor":"\\u202egpj","big":9007199254740993,"long":"${"x".repeat(1_000_000)}","h":${JSON.stringify(HOSTILE)}}`;
  await page.route("**/query", (route) =>
    route.fulfill({ status: 200, body, headers: { "Content-Type": "application/json", "Primatomic-Sequence": "3" } }),
  );
  await open(page, log, "?asked=yes");
  const tree = page.getByRole("group", { name: "JSON" });
  await expect(tree).toContainText('"__proto__": {"polluted": true},');
  await expect(tree).toContainText("\\u202egpj");
  await expect(tree).toContainText("9007199254740993");
  await expect(tree).toContainText("<script>");
  await expect(page.getByRole("button", { name: /more characters/ })).toBeVisible();
  expect(await page.evaluate(() => ({}) as Record<string, unknown>)).toEqual({});
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
});

test("an earlier answer is compared with the one of now", async ({ page, tenant }) => {
  expect(tenant.name).toBeTruthy();
  const log = await counter(page);
  // What a server without past states says.
  await open(page, log, "?as_of=1&asked=yes");
  await expect(page.getByText("does not answer from past states")).toBeVisible();
  await expect(page.getByRole("group", { name: "JSON" })).toContainText('"value": 25');

  await page.route("**/query?as_of=1", (route) =>
    route.fulfill({ status: 200, body: '{"value":10}', headers: { "Content-Type": "application/json", "Primatomic-Sequence": "1" } }),
  );
  await page.reload();
  await expect(page.getByText("at event 1, against now")).toBeVisible();
  const difference = page.getByLabel("The answer then and now");
  await expect(difference).toContainText('"value": 10');
  await expect(difference).toContainText('"value": 25');
  await page.getByRole("button", { name: "Back to now" }).click();
  await expect(page.getByRole("group", { name: "JSON" })).toContainText('"value": 25');
  // The slider goes by keyboard, too.
  await page.getByRole("slider").focus();
  await page.keyboard.press("Home");
  await expect(page).toHaveURL(/as_of=1/);
});

test("a view that stopped says where, why and what to do", async ({ page, tenant }) => {
  expect(tenant.name).toBeTruthy();
  const log = await counter(page);
  await append(page, log, "no change");
  await open(page, log, "?tab=versions");
  await expect(page.getByText("halted · version 1")).toBeVisible();
  await expect(page.getByText("Version 1 stopped before event 4")).toBeVisible();
  await expect(page.getByText("the component trapped").first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Deploy a mended version" })).toBeVisible();
  await open(page, log, "?after=4&asked=yes");
  await expect(page.getByText("The view has stopped, and can’t come so far")).toBeVisible();
  await expect(page.getByRole("link", { name: "See event 4" }).first()).toHaveAttribute("href", /event=4/);

  await page.goto("/console/views");
  await expect(page.getByText("1 view, 1 of them stopped")).toBeVisible();
  await page.getByText("halted", { exact: true }).first().click();
  await expect(page).toHaveURL(/state=halted/);
  await page.getByRole("link", { name: "counter" }).click();
  await expect(page.getByText("Version 1 stopped before event 4")).toBeVisible();
});

test("a component is deployed from a file, and the validator's words are shown", async ({ page, tenant }) => {
  expect(tenant.name).toBeTruthy();
  const log = await counter(page);
  await open(page, log);
  await page.getByRole("button", { name: "Deploy", exact: true }).click();
  const dialog = page.getByRole("dialog");
  const choose = async (name: string, buffer: Buffer) => {
    const chooser = page.waitForEvent("filechooser");
    await dialog.getByRole("button", { name: /^Choose/ }).click();
    await (await chooser).setFiles({ name, mimeType: "application/wasm", buffer });
  };
  await choose("broken.wasm", Buffer.from("<b>no component</b>"));
  await dialog.getByRole("button", { name: "Deploy", exact: true }).click();
  await expect(dialog.getByRole("alert")).toContainText("This is no valid component");
  await expect(dialog.getByRole("alert")).toContainText("does not begin with the WebAssembly magic number");
  await choose("counter.wasm", readFileSync(COUNTER));
  await dialog.getByRole("button", { name: "Deploy", exact: true }).click();
  await expect(dialog.getByText("live · version 2")).toBeVisible();
  await dialog.getByRole("button", { name: "Close" }).last().click();
  await expect(page.getByText("live · version 2")).toBeVisible();
});

test("a component is deployed by dropping it", async ({ page, tenant }) => {
  expect(tenant.name).toBeTruthy();
  const log = await counter(page);
  await open(page, log, "?tab=versions");
  await expect(page.getByRole("heading", { name: "Version 1" })).toBeVisible();
  const bytes = readFileSync(COUNTER).toString("base64");
  const data = await page.evaluateHandle((text) => {
    const transfer = new DataTransfer();
    const content = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    transfer.items.add(new File([content], "counter.wasm", { type: "application/wasm" }));
    return transfer;
  }, bytes);
  const heading = page.getByRole("heading", { name: "Version 1" });
  await heading.dispatchEvent("dragenter", { dataTransfer: data });
  await expect(page.getByText("Drop the component to deploy it")).toBeVisible();
  await heading.dispatchEvent("drop", { dataTransfer: data });
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText("counter.wasm")).toBeVisible();
  await dialog.getByRole("button", { name: "Deploy", exact: true }).click();
  await expect(dialog.getByText("live · version 2")).toBeVisible();
});

test("a view is deleted by its name, and its deletion is followed", async ({ page, tenant }) => {
  expect(tenant.name).toBeTruthy();
  const log = await counter(page);
  await open(page, log, "?tab=settings");
  await page.getByRole("button", { name: "Delete the view" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("button", { name: "Delete the view" })).toBeDisabled();
  await dialog.getByRole("textbox").fill("counter");
  await dialog.getByRole("button", { name: "Delete the view" }).click();
  await expect(page.getByText("This view is deleted.")).toBeVisible();
  await expect(page.getByText("Removing its states and components")).toBeVisible();
  await page.reload();
  await expect(page.getByText("This view is deleted.")).toBeVisible();
  await open(page, log);
  await expect(page.getByText("There is no such view")).toBeVisible();
});

test("who may only read sees, asks, and can't change", async ({ page, browser, tenant }) => {
  expect(tenant.name).toBeTruthy();
  const log = await counter(page);
  const reader = await member(browser, page, "read-only");
  await open(reader.page, log);
  await reader.page.getByRole("button", { name: "Ask", exact: true }).click();
  await expect(reader.page.getByRole("group", { name: "JSON" })).toContainText('"value": 25');
  await expect(reader.page.getByRole("button", { name: "Deploy", exact: true })).toBeHidden();
  await reader.page.getByRole("link", { name: "Settings", exact: true }).last().click();
  await expect(reader.page.getByRole("heading", { name: "About" })).toBeVisible();
  await expect(reader.page.getByRole("button", { name: "Delete the view" })).toBeHidden();
  await reader.context.close();
});

test("a tenant without views is told what they are", async ({ page, tenant }) => {
  expect(tenant.name).toBeTruthy();
  await page.goto("/console/views");
  await expect(page.getByText("No views yet")).toBeVisible();
  await page.goto("/console/views?state=halted");
  await expect(page.getByText("No such view")).toBeVisible();
});

test("nothing keeps anybody from using the screens of views", async ({ page, tenant }) => {
  expect(tenant.name).toBeTruthy();
  const log = await counter(page);
  await append(page, log, "no change");
  test.slow();
  const addresses = [`/console/logs/${log}/views/counter?asked=yes`, `/console/logs/${log}/views/counter?tab=versions`, `/console/logs/${log}/views/counter?tab=settings`, "/console/views", "/console/"];
  for (const scheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const address of addresses) {
      await page.goto(address);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await page.waitForLoadState("networkidle");
      const { violations } = await new AxeBuilder({ page }).include("main").analyze();
      const found = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      expect(found.map(({ id, nodes }) => `${scheme} ${address} ${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
    }
  }
});
