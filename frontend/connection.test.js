import assert from "node:assert/strict"
import { beforeEach, mock, test } from "node:test"
import { Connection } from "./connection.js"

class FakeWebSocket {
  static OPEN = 1
  static made = []
  readyState = 0
  sent = []

  constructor(url) {
    this.url = url
    FakeWebSocket.made.push(this)
  }

  send(text) {
    this.sent.push(JSON.parse(text))
  }

  close() {
    this.readyState = 3
  }

  open() {
    this.readyState = 1
    this.onopen()
  }

  say(message) {
    this.onmessage({ data: JSON.stringify(message) })
  }

  fall(code = 1006) {
    this.readyState = 3
    this.onclose({ code })
  }
}

let received
let connection
let expecting

beforeEach(() => {
  expecting = false
  mock.timers.reset()
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] })
  mock.method(Math, "random", () => 0.5)
  globalThis.WebSocket = FakeWebSocket
  FakeWebSocket.made = []
  received = []
  connection = new Connection({
    url: () => "ws://parley/",
    expects: () => expecting,
    opened: () => received.push("opened"),
    received: (message) => received.push(message),
    lost: (blocked) => received.push(blocked ? "blocked" : "lost"),
    signedOut: () => received.push("signed out"),
  })
  connection.connect()
})

const newest = () => FakeWebSocket.made.at(-1)

test("it connects once, and asks for a sign of life", () => {
  connection.connect()
  newest().open()
  assert.equal(FakeWebSocket.made.length, 1)
  assert.deepEqual(newest().sent, [{ do: "ping" }])
  assert.deepEqual(received, ["opened"])
})

test("without an answer within five seconds it connects again", () => {
  newest().open()
  newest().say({ pong: true })
  connection.check()
  mock.timers.tick(4_999)
  assert.equal(FakeWebSocket.made.length, 1)
  mock.timers.tick(1)
  assert.deepEqual(received.slice(-1), ["lost"])
  mock.timers.tick(500)
  assert.equal(FakeWebSocket.made.length, 2)
})

test("an answer lets it stay, and the next question comes after twenty seconds", () => {
  newest().open()
  newest().say({ pong: true })
  mock.timers.tick(19_999)
  assert.equal(newest().sent.length, 1)
  mock.timers.tick(1)
  assert.equal(newest().sent.length, 2)
  newest().say([1, "1-1", "x"])
  mock.timers.tick(10_000)
  assert.equal(FakeWebSocket.made.length, 1)
})

test("while something is expected, it asks after five seconds without a message", () => {
  newest().open()
  expecting = true
  newest().say({ pong: true })
  mock.timers.tick(4_000)
  newest().say([1, "1-1", "x"])
  mock.timers.tick(4_999)
  assert.equal(newest().sent.length, 1)
  mock.timers.tick(1)
  assert.equal(newest().sent.length, 2)
  mock.timers.tick(5_000)
  assert.deepEqual(received.slice(-1), ["lost"])
})

test("what is expected from now on is listened for as soon as it was asked for", () => {
  newest().open()
  newest().say({ pong: true })
  expecting = true
  connection.send({ do: "follow" })
  mock.timers.tick(5_000)
  assert.equal(newest().sent.length, 3)
  mock.timers.tick(5_000)
  assert.deepEqual(received.slice(-1), ["lost"])
})

test("when nothing is expected any more it rests again", () => {
  newest().open()
  expecting = true
  newest().say({ pong: true })
  expecting = false
  newest().say([1, "1-2", "x"])
  mock.timers.tick(19_999)
  assert.equal(newest().sent.length, 1)
})

test("two attempts without a message mean that it is blocked, and it keeps trying", () => {
  newest().fall()
  mock.timers.tick(500)
  newest().open()
  mock.timers.tick(5_000)
  assert.deepEqual(received, ["lost", "opened", "blocked"])
  mock.timers.tick(1_000)
  assert.equal(FakeWebSocket.made.length, 3)
})

test("an attempt that neither opens nor fails is given up", () => {
  mock.timers.tick(5_000)
  assert.deepEqual(received, ["lost"])
})

test("a message ends the counting", () => {
  newest().fall()
  mock.timers.tick(500)
  newest().open()
  newest().say({ pong: true })
  newest().fall()
  assert.equal(received.at(-1), "lost")
})

test("who is signed out is not connected again", () => {
  newest().open()
  newest().fall(4401)
  mock.timers.tick(60_000)
  assert.deepEqual(received, ["opened", "signed out"])
  assert.equal(FakeWebSocket.made.length, 1)
})

test("a closed connection stays closed, and what it still says is not heard", () => {
  const socket = newest()
  connection.close()
  mock.timers.tick(60_000)
  assert.equal(socket.onmessage, null)
  assert.equal(FakeWebSocket.made.length, 1)
  assert.ok(!connection.isOpen)
})

test("who is kept out by the site does not come again, and the page asks why", () => {
  newest().open()
  newest().fall(4403)
  assert.deepEqual(received.slice(-1), ["blocked"])
  mock.timers.tick(60_000)
  assert.equal(FakeWebSocket.made.length, 1)
})
