import assert from "node:assert/strict"
import { test } from "node:test"
import { nameOf } from "./keys.js"

test("a press is named with its modifiers, ⌘ as Control", () => {
  assert.equal(nameOf({ ctrlKey: true, shiftKey: true, key: "O" }), "Control+Shift+O")
  assert.equal(nameOf({ metaKey: true, shiftKey: true, key: "o" }), "Control+Shift+O")
  assert.equal(nameOf({ ctrlKey: true, key: "b" }), "Control+B")
  assert.equal(nameOf({ altKey: true, key: "ArrowUp" }), "Alt+ArrowUp")
})

test("a sign is itself, however the keyboard makes it", () => {
  assert.equal(nameOf({ shiftKey: true, key: "?" }), "?")
  assert.equal(nameOf({ key: "?" }), "?")
  assert.equal(nameOf({ key: "x" }), "X")
})
