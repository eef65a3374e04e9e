import assert from "node:assert/strict"
import { register } from "node:module"
import { beforeEach, mock, test } from "node:test"

// Turbo needs a page as soon as it is loaded.
const withoutTurbo = `export const resolve = (name, context, next) => name === "./turbo.js"
  ? { url: "data:text/javascript,export const renderStreamMessage = () => {}", shortCircuit: true }
  : next(name, context)`
register(`data:text/javascript,${encodeURIComponent(withoutTurbo)}`)

const PAGE = { "parley-socket": "/ws/", "parley-catch-up": "/catch-up/", "parley-version": "5" }
const STREAMS = '<turbo-stream action="upsert"></turbo-stream>'
let socket, lists

class FakeWebSocket {
  static OPEN = 1
  readyState = 1
  said = []

  constructor() {
    socket = this
  }

  send(text) {
    this.said.push(JSON.parse(text))
  }

  close() {}
}

const named = (selector) => /"(.+)"/.exec(selector)[1]
globalThis.WebSocket = FakeWebSocket
globalThis.location = { href: "http://parley.test/" }
globalThis.document = {
  head: { querySelector: (selector) => ({ content: PAGE[named(selector)] ?? "" }) },
  querySelector: () => lists,
  dispatchEvent: () => {},
}
globalThis.CustomEvent = class {}
const { answered, visited, wake } = await import("./live.js")

mock.timers.enable({ apis: ["setTimeout", "setInterval"] })

beforeEach(() => {
  lists = { dataset: { shown: "5" } }
  visited()
  if (!socket.said.length) socket.onopen()
  socket.said = []
})

/** A form was answered with the head of a response; its body is a promise. */
function answer(responseHTML) {
  const fetchResponse = { redirected: false, header: () => "6", responseHTML }
  return answered({ detail: { fetchResponse, formSubmission: { isSafe: false } } })
}

/** The versions that the page said it shows. */
function opened() {
  return socket.said.filter((message) => message.do === "open").map((message) => message.version)
}

test("a page shows what a form has changed when the whole response has come", async () => {
  let come
  const answering = answer(new Promise((resolve) => (come = resolve)))
  await new Promise((done) => setImmediate(done))
  assert.deepEqual(opened(), [])
  come(STREAMS)
  await answering
  assert.deepEqual(opened(), [6])
  assert.equal(lists.dataset.shown, "6")
})

test("a page is told by the feed what a response would have brought that broke off", async () => {
  await answer(Promise.reject(new TypeError("network error")))
  assert.deepEqual(opened(), [5])
})

test("lists are as old as they were where a response only lets the page load again", async () => {
  await answer(Promise.resolve('<turbo-stream action="refresh"></turbo-stream>'))
  assert.deepEqual([opened(), lists.dataset.shown], [[6], "5"])
})

async function pass(time) {
  for (const milliseconds of [0, time, 0]) {
    mock.timers.tick(milliseconds)
    await new Promise((done) => setImmediate(done))
  }
}

test("a page whose socket is blocked asks every two seconds, while it is shown", async (t) => {
  let asked = 0
  t.mock.method(Math, "random", () => 0)
  globalThis.fetch = async () => {
    asked += 1
    return { ok: true, json: async () => ({ version: 5, frames: [] }) }
  }
  document.visibilityState = "visible"
  socket.onclose({ code: 1006 })
  await pass(10)
  assert.equal(asked, 0)
  socket.onclose({ code: 1006 })
  assert.equal(asked, 1)
  await pass(1_999)
  assert.equal(asked, 1)
  await pass(1)
  assert.equal(asked, 2)
  document.visibilityState = "hidden"
  await pass(10_000)
  assert.equal(asked, 2)
  document.visibilityState = "visible"
  wake()
  assert.equal(asked, 3)
  await pass(0)
  socket.onmessage({ data: JSON.stringify({ pong: true }) })
  await pass(10_000)
  assert.equal(asked, 3)
})
