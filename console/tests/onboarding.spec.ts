import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { call, expect, member, test } from "./people";

const step = (page: Page, title: string) => page.getByRole("listitem").filter({ has: page.getByRole("button", { name: title }) });
const isDone = (page: Page, title: string) => expect(page.getByRole("button", { name: `${title} done` })).toBeVisible();

/** What a terminal does: a call with a key, from outside of the page. */
async function terminal(page: Page, method: string, path: string, options: { key: string; body?: string | Buffer; type?: string }) {
  const answer = await page.request.fetch(path, {
    method,
    data: options.body,
    headers: { Authorization: `Bearer ${options.key}`, ...(options.type ? { "Content-Type": options.type } : {}) },
  });
  expect(answer.ok(), await answer.text()).toBe(true);
  return answer;
}

test("a newcomer comes from nothing to an answer by four buttons", async ({ page, tenant }) => {
  expect(tenant.name).toBeTruthy();
  await expect(page.getByText("0 of 4 done")).toBeVisible();
  await page.getByRole("button", { name: "Create the log" }).click();
  await isDone(page, "Create a log");
  await page.getByRole("button", { name: "Append the event" }).click();
  await isDone(page, "Append an event");
  await page.getByRole("button", { name: "Deploy the sample" }).click();
  await isDone(page, "Deploy a view");
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  await expect(page.getByText('{"value":10}')).toBeVisible();
  await isDone(page, "Ask the view");
  await expect(page.getByText("You have asked your first view")).toBeVisible();
  await page.getByRole("link", { name: "Open the view" }).click();
  await expect(page.getByRole("heading", { name: "counter" })).toBeVisible();
  await expect(page.getByText("live · version 1")).toBeVisible();
});

test("steps turn green when they were made from a terminal", async ({ page, tenant }) => {
  const made = (await call(page, "POST", "/keys", { name: `of-${tenant.name}`, role: "member" })) as { key: string };
  const { key } = made;
  await page.reload();
  await expect(page.getByText("0 of 4 done")).toBeVisible();
  await terminal(page, "POST", "/logs", { key, body: '{"name":"from-a-terminal"}', type: "application/json" });
  await isDone(page, "Create a log");
  // The code of the other steps names what there is now.
  await expect(page.getByLabel(/^The step in/)).toContainText("/logs/from-a-terminal/append");
  await terminal(page, "POST", "/logs/from-a-terminal/append", { key, body: '{"inc":3}', type: "application/octet-stream" });
  await isDone(page, "Append an event");
  const component = readFileSync(`${process.env.PRIMATOMIC_DATA}/examples/counter.wasm`);
  await terminal(page, "POST", "/logs/from-a-terminal/views/sum", { key, body: component, type: "application/wasm" });
  await isDone(page, "Deploy a view");
  await terminal(page, "GET", "/logs/from-a-terminal/views/sum/query", { key });
  await isDone(page, "Ask the view");
  // The browser keeps nothing of it.
  await page.reload();
  await expect(page.getByText("From nothing to an answer")).toBeHidden();
});

test("steps can be skipped, and their code is there in four languages", async ({ page, tenant }) => {
  expect(tenant.name).toBeTruthy();
  await page.getByRole("button", { name: "Skip" }).click();
  await expect(step(page, "Append an event").getByRole("button", { name: "Append the event" })).toBeVisible();
  for (const [language, text] of [
    ["TypeScript", 'primatomic.log("first-log").append({"inc":10})'],
    ["Python", 'primatomic.log("first-log").append({"inc":10})'],
    ["CLI", "primatomic append first-log --data"],
    ["curl", "/logs/first-log/append"],
  ] as const) {
    await page.getByText(language, { exact: true }).click();
    await expect(page.getByLabel(`The step in ${language}`)).toContainText(text);
  }
  // A step that can't be done yet says why.
  await page.getByRole("button", { name: "Append the event" }).click();
  await expect(step(page, "Append an event").getByRole("alert")).toContainText("log_not_found");
});

test("who may only read is led by code alone", async ({ page, browser, tenant }) => {
  expect(tenant.name).toBeTruthy();
  const reader = await member(browser, page, "read-only");
  await expect(reader.page.getByText("0 of 4 done")).toBeVisible();
  await expect(reader.page.getByLabel(/^The step in/)).toBeVisible();
  await expect(reader.page.getByRole("button", { name: "Create the log" })).toBeHidden();
  await reader.context.close();
});
