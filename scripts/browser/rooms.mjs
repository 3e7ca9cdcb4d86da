import assert from "node:assert/strict";
import { openIn, state, until } from "./harness.mjs";

const chatters = (page) => page.locator(".chatter").all();
const message = (scope, text) => scope.locator(".message", { hasText: text });

async function join(chatter, room) {
  await chatter.getByLabel("Room").fill(room);
  await chatter.getByRole("button", { name: "Join" }).click();
  await state(chatter, "receiving");
}

async function write(chatter, text) {
  await chatter.getByLabel("Message", { exact: true }).fill(text);
  await chatter.getByRole("button", { name: "Send" }).click();
}

async function subscribe(page, user) {
  await page.locator("form[name=inbox]").getByLabel("Name").fill(user);
  await page.getByRole("button", { name: "Subscribe", exact: true }).click();
  await state(page.locator("#notifications"), "receiving");
}

async function notify(page, { user, title, body = "" }) {
  const form = page.locator("form[name=send]");
  await form.getByLabel(user ? "One reader" : "All readers").check();
  if (user) await form.getByLabel("Name of the reader").fill(user);
  await form.getByLabel("Title").fill(title);
  await form.getByLabel("Text").fill(body);
  await form.getByRole("button", { name: "Send" }).click();
  return form.getByText(/^Delivered to/).textContent();
}

export const checks = {
  "two people in one window talk": async (check) => {
    const page = await check.open(await check.server(), "chat");
    const [ann, ben] = await chatters(page);
    await join(ann, "乡 村/1");
    await join(ben, "乡 村/1");
    await write(ann, "<b>hello</b>, 你好");
    await message(ben, "<b>hello</b>, 你好").waitFor();
    await ann.getByText("Delivered to 2 readers").waitFor();
    await write(ben, "and back");
    await message(ann, "and back").waitFor();
    assert.equal(await ann.locator(".message.mine").count(), 1);
    assert.equal(await ann.locator(".message").count(), 2);
    assert.deepEqual(page.complaints, []);
    return "each has its own connection; markup stays text";
  },

  "two tabs of a room see each other's messages": async (check) => {
    const server = await check.server();
    const context = await check.context();
    const tabs = [await openIn(context, server, "chat"), await openIn(context, server, "chat")];
    const [[one], [two], [, elsewhere]] = await Promise.all([...tabs, tabs[1]].map(chatters));
    await join(one, "r");
    await join(two, "r");
    await join(elsewhere, "another");
    await write(one, "from one");
    await message(two, "from one").waitFor();
    await write(two, "from two");
    await message(one, "from two").waitFor();
    await one.getByText("Delivered to 2 readers").waitFor();
    assert.equal(await elsewhere.locator(".message").count(), 0);
    return "and another room hears nothing";
  },

  "a room is left and entered again": async (check) => {
    const server = await check.server();
    const page = await check.open(server, "chat");
    const [ann, ben] = await chatters(page);
    await join(ann, "r");
    await join(ben, "r");
    assert.equal(await server.openStreams(), 2);
    await ben.getByRole("button", { name: "Leave" }).click();
    await until("ben's stream is closed", async () => (await server.openStreams()) === 1);
    await page.getByRole("tab", { name: "Typewriter" }).click();
    await until("no stream is open elsewhere", async () => (await server.openStreams()) === 0);
    await page.getByRole("tab", { name: "Chat room" }).click();
    await state(ann, "receiving");
    assert.equal(await server.openStreams(), 1);
    return "2, 1, 0, 1 streams on the server";
  },

  "a room is back after the server was": async (check) => {
    const server = await check.server();
    const page = await check.open(server, "chat");
    const [ann, ben] = await chatters(page);
    await join(ann, "r");
    await join(ben, "r");
    await write(ann, "before");
    await message(ben, "before").waitFor();
    await server.kill();
    await state(ann, "waiting");
    await state(ben, "waiting");
    await write(ann, "to nobody");
    await ann.getByText("The server did not answer.").last().waitFor();
    await server.again();
    await state(ann, "receiving");
    await state(ben, "receiving");
    await write(ben, "after");
    await message(ann, "after").waitFor();
    assert.equal(await ann.locator(".message").count(), 2);
    return "what could not be sent stays in its box until then";
  },

  "a silent stream is not trusted after the network was gone": async (check) => {
    const page = await check.open(await check.server(), "chat");
    const [ann, ben] = await chatters(page);
    await join(ann, "r");
    await page.context().setOffline(true);
    await state(ann, "offline");
    const again = page.waitForRequest("**/api/chat/r");
    await page.context().setOffline(false);
    await again;
    await state(ann, "receiving");
    assert.equal(await ben.locator(".lamp").getAttribute("data-state"), "idle");
    return "but opened anew";
  },

  "notifications reach one, and all": async (check) => {
    const server = await check.server();
    const context = await check.context();
    const [ann, ben] = [await openIn(context, server, "notifications"), await openIn(context, server, "notifications")];
    await subscribe(ann, "ann");
    await subscribe(ben, "ben");
    await notify(ann, { user: "ben", title: "For ben", body: "<i>only</i>" });
    await ben.locator(".cards .unread", { hasText: "<i>only</i>" }).waitFor();
    await ben.locator("h2 .badge", { hasText: "1 unread" }).waitFor();
    await ann.getByText("Delivered to 1 reader").waitFor();
    await notify(ben, { title: "For everyone" });
    for (const page of [ann, ben]) await page.locator(".cards .card", { hasText: "For everyone" }).waitFor();
    assert.equal(await ann.locator(".cards .card").count(), 1);
    await ben.locator("[role=tab] .badge", { hasText: "2 unread" }).waitFor();
    await ben.getByRole("button", { name: "Mark all as read" }).click();
    assert.equal(await ben.locator(".unread").count(), 0);
    assert.ok(await ben.locator("h2 .badge").isHidden());
    assert.deepEqual([...ann.complaints, ...ben.complaints], []);
    return "1 reader, then 2; the badge counts and clears";
  },
};
