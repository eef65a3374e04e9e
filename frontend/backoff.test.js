import assert from "node:assert/strict"
import { test } from "node:test"
import { delay } from "./backoff.js"

const most = () => 1
const least = () => 0

test("the wait is anything up to a limit that doubles, at most 15 seconds", () => {
  assert.equal(delay(0, 1006, least), 0)
  assert.equal(delay(0, 1006, most), 500)
  assert.equal(delay(1, 1006, most), 1_000)
  assert.equal(delay(30, 1006, most), 15_000)
})

test("after a restart it is between 0.2 and 1 second, the first time", () => {
  assert.equal(delay(0, 1012, least), 200)
  assert.equal(delay(0, 1012, most), 1_000)
  assert.equal(delay(3, 1012, most), 4_000)
})
