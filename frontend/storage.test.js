import assert from "node:assert/strict"
import { test } from "node:test"
import { Storage } from "./storage.js"

function browser(area) {
  return {
    get sessionStorage() {
      return area()
    },
  }
}

function working() {
  const kept = new Map()
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value) && undefined,
    removeItem: (key) => kept.delete(key),
  }
}

test("keeps what the browser keeps", () => {
  const area = working()
  new Storage(
    "sessionStorage",
    browser(() => area),
  ).set("draft", "Hello")
  const after = new Storage(
    "sessionStorage",
    browser(() => area),
  )
  assert.equal(after.get("draft"), "Hello")
  after.remove("draft")
  assert.equal(area.getItem("draft"), null)
})

const FORBIDDEN = {
  "touching it is an error": () => {
    throw new Error("SecurityError")
  },
  "it is switched off": () => null,
  "it is full": () => ({
    ...working(),
    setItem: () => {
      throw new Error("QuotaExceededError")
    },
  }),
}

for (const [how, area] of Object.entries(FORBIDDEN)) {
  test(`keeps it for the page where ${how}`, () => {
    const storage = new Storage("sessionStorage", browser(area))
    assert.equal(storage.get("draft"), null)
    storage.set("draft", "Hello")
    assert.equal(storage.get("draft"), "Hello")
    storage.remove("draft")
    assert.equal(storage.get("draft"), null)
  })
}
