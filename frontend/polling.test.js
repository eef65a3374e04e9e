import assert from "node:assert/strict"
import { beforeEach, mock, test } from "node:test"
import { Polling } from "./polling.js"

const settle = () => new Promise(setImmediate)
let looks
let polling

beforeEach(() => {
  mock.timers.reset()
  mock.timers.enable({ apis: ["setTimeout"] })
  globalThis.document = { visibilityState: "visible" }
  looks = 0
  polling = new Polling(async () => (looks += 1))
})

async function pass(time) {
  await settle()
  mock.timers.tick(time)
  await settle()
}

test("it looks at once, and then every two seconds", async () => {
  polling.start()
  polling.start()
  assert.equal(looks, 1)
  await pass(1_999)
  assert.equal(looks, 1)
  await pass(1)
  assert.equal(looks, 2)
})

test("a hidden page is left alone until it is shown", async () => {
  document.visibilityState = "hidden"
  polling.start()
  await pass(10_000)
  assert.equal(looks, 0)
  document.visibilityState = "visible"
  polling.hurry()
  assert.equal(looks, 1)
})

test("it ends when it is stopped, also in the middle of a look", async () => {
  polling.start()
  polling.stop()
  await pass(10_000)
  assert.equal(looks, 1)
  polling.hurry()
  assert.equal(looks, 1)
})
