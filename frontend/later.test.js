import assert from "node:assert/strict"
import { beforeEach, mock, test } from "node:test"
import { Later } from "./later.js"

let done
let later

beforeEach(() => {
  mock.timers.reset()
  mock.timers.enable({ apis: ["setTimeout"] })
  done = 0
  later = new Later(800, () => (done += 1))
})

test("it happens once, a while after the last time it was asked for", () => {
  later.ask()
  mock.timers.tick(799)
  later.ask()
  mock.timers.tick(799)
  assert.equal(done, 0)
  mock.timers.tick(1)
  assert.equal(done, 1)
})

test("it can be hurried, but not made to happen again", () => {
  later.ask()
  later.hurry()
  later.hurry()
  mock.timers.tick(800)
  assert.equal(done, 1)
})

test("what is forgotten does not happen", () => {
  later.ask()
  later.forget()
  later.hurry()
  mock.timers.tick(800)
  assert.equal(done, 0)
})
