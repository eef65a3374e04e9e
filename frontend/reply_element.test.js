import assert from "node:assert/strict"
import { register } from "node:module"
import { afterEach, beforeEach, mock, test } from "node:test"

// Turbo needs a page as soon as it is loaded, and a message is one of a page.
const replaced = `const others = {
  "./turbo.js": "export const renderStreamMessage = () => {}",
  "./upsert.js": "export const settle = (reply, end) => reply.ends.push(end)",
}
export const resolve = (name, context, next) =>
  name in others ? { url: "data:text/javascript," + others[name], shortCircuit: true } : next(name, context)`
register(`data:text/javascript,${encodeURIComponent(replaced)}`)

class FakeElement {
  children = []
  attributes = {}

  get lastElementChild() {
    return this.children.at(-1) && { remove: () => this.children.pop() }
  }

  append(child) {
    this.children.push(child)
  }

  getAttribute(name) {
    return this.attributes[name] ?? null
  }

  closest = () => null
}

class FakeTemplate {
  set innerHTML(html) {
    this.content = { firstElementChild: { html, matches: () => false, querySelectorAll: () => [] } }
  }
}

globalThis.HTMLElement = FakeElement
globalThis.WebSocket = { OPEN: 1 }
globalThis.document = {
  documentElement: { hasAttribute: () => false },
  createElement: () => new FakeTemplate(),
  querySelector: () => null,
}
globalThis.requestAnimationFrame = () => 1
globalThis.cancelAnimationFrame = () => {}
const { ReplyElement } = await import("./reply_element.js")

let reply

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] })
  reply = new ReplyElement()
  reply.connectedCallback()
})
afterEach(() => mock.timers.reset())

function shown() {
  mock.timers.tick(1000)
  return reply.children.map(({ html }) => html)
}

test("shows its frames, one after the other", () => {
  reply.receive("1-1", [null, "<p>a"])
  reply.receive("1-2", ["b"])
  assert.equal(reply.position, "1-2")
  assert.deepEqual(shown(), ["<p>ab"])
})

test("what the page came with stays until all of it has arrived again", () => {
  reply.attributes.at = "1-3"
  reply.receive("1-1", [null, "<p>a"])
  reply.receive("1-2", ["b"])
  assert.deepEqual(shown(), [])
  reply.receive("1-3", ["c"])
  assert.deepEqual(shown(), ["<p>abc"])
})

test("what the page came with gives way to another attempt", () => {
  reply.attributes.at = "1-30"
  reply.receive("2-1", [null, "<p>a"])
  assert.deepEqual(shown(), ["<p>a"])
})

test("first words after reasoning are shown before anything else comes, such as the end", () => {
  reply.receive("1-1", [null])
  reply.receive("1-2", [-1, null, "<p>Hm."])
  reply.receive("1-3", [0, 0, "<p>a"])
  assert.deepEqual(
    reply.children.map(({ html }) => html),
    ["<p>a"],
  )
})

test("a whole that is older than what it has changes nothing", () => {
  reply.receive("1-5", [null, "<p>ab", "<p>c"])
  reply.receive("1-3", [null, "<p>a"])
  assert.equal(reply.position, "1-5")
  assert.deepEqual(shown(), ["<p>ab", "<p>c"])
})

test("a frame that came already changes nothing, and asks for nothing", () => {
  reply.receive("1-1", [null, "<p>a"])
  reply.receive("1-2", ["b"])
  reply.receive("1-2", ["b"])
  reply.receive("1-1", ["a"])
  assert.equal(reply.position, "1-2")
  assert.deepEqual(shown(), ["<p>ab"])
})

test("a frame of an earlier attempt changes nothing", () => {
  reply.receive("2-1", [null, "<p>again"])
  reply.receive("1-9", [null, "<p>before"])
  assert.equal(reply.position, "2-1")
  assert.deepEqual(shown(), ["<p>again"])
})

test("asks for the whole where a frame is missing, and keeps what it shows", () => {
  reply.receive("1-1", [null, "<p>a"])
  assert.deepEqual(shown(), ["<p>a"])
  reply.receive("1-3", ["c"])
  assert.equal(reply.position, "0")
  assert.deepEqual(shown(), ["<p>a"])
})

test("the end that comes right after what it has settles it as it is then shown, once", () => {
  reply.ends = []
  reply.receive("1-1", [null, "<p>a"])
  reply.receive("1-2", [{ version: 7, meta: "" }])
  reply.receive("1-2", [{ version: 7, meta: "" }])
  assert.deepEqual(reply.ends, [{ version: 7, meta: "" }])
  assert.deepEqual(shown(), ["<p>a"])
})

test("the end after a frame that is missing asks for the whole", () => {
  reply.ends = []
  reply.receive("1-1", [null, "<p>a"])
  reply.receive("1-3", [{ version: 7, meta: "" }])
  assert.deepEqual([reply.ends, reply.position], [[], "0"])
})
