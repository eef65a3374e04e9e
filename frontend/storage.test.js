import assert from "node:assert/strict"
import { test } from "node:test"
import { ofTab } from "./storage.js"

function browser(area) {
  Object.defineProperty(globalThis, "sessionStorage", { configurable: true, get: area })
}

test("keeps what the browser keeps", () => {
  const kept = new Map()
  const area = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  }
  browser(() => area)
  ofTab.set("draft", "Hello")
  assert.equal(ofTab.get("draft"), "Hello")
  ofTab.remove("draft")
  assert.equal(ofTab.get("draft"), null)
})

const refuse = () => {
  throw new Error("SecurityError")
}
for (const [how, area] of Object.entries({
  "touching it is an error": refuse,
  "it is switched off": () => null,
  "it is full": () => ({ getItem: () => null, setItem: refuse, removeItem: () => {} }),
})) {
  test(`keeps nothing where ${how}`, () => {
    browser(area)
    ofTab.set("draft", "Hello")
    assert.equal(ofTab.get("draft"), null)
    ofTab.remove("draft")
  })
}
