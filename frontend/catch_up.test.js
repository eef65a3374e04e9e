import assert from "node:assert/strict"
import { test } from "node:test"
import { catchUp, catchUpUrl, withNewSession } from "./catch_up.js"

test("the address says what the page shows", () => {
  const replies = [
    { reply: "a", position: "1-5" },
    { reply: "b", position: "0" },
  ]
  const url = catchUpUrl("/chat/catch-up/", "http://host/chat/", { conversation: "c", version: 7, replies })
  assert.equal(url.href, "http://host/chat/catch-up/?conversation=c&version=7&follow=a%401-5&follow=b%400")
})

test("a page without a conversation names none", () => {
  const url = catchUpUrl("/catch-up/", "http://host/", { conversation: "", version: 0, replies: [] })
  assert.equal(url.search, "?version=0")
})

test("what is missing is missing, and a redirect means signed out, as a refusal of the site does", async () => {
  const answers = [
    { type: "opaqueredirect", ok: false },
    { type: "basic", ok: false, headers: new Headers({ "X-Parley-Refused": "site" }) },
    { type: "basic", ok: false, headers: new Headers() },
    { ok: true, headers: new Headers(), json: async () => ({ version: 8 }) },
  ]
  globalThis.fetch = async () => answers.shift()
  assert.equal(await catchUp("/"), null)
  assert.equal(await catchUp("/"), null)
  assert.equal(await catchUp("/"), undefined)
  assert.deepEqual(await catchUp("/"), { version: 8 })
  globalThis.fetch = async () => Promise.reject(new TypeError("offline"))
  assert.equal(await catchUp("/"), undefined)
})

test("asks only when the answer that brings a new session has had its time", async ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] })
  const ask = mock.fn(() => "missed")
  const missed = withNewSession(ask)
  mock.timers.tick(900)
  assert.equal(ask.mock.callCount(), 0)
  mock.timers.tick(200)
  assert.equal(await missed, "missed")
})
