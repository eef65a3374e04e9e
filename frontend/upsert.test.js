import assert from "node:assert/strict"
import { beforeEach, test } from "node:test"
import { settle, upsert } from "./upsert.js"

const ID = "message-1"
let page, list

class FakeElement {
  children = []
  parentElement = null
  events = []

  constructor(dataset) {
    this.dataset = dataset
  }

  get isConnected() {
    return this.parentElement !== null
  }

  html = ""

  contains = () => false
  insertAdjacentHTML = (_, html) => (this.html += html)
  querySelector = () => null
  hasAttribute = () => false
  matches = (selector) => selector.startsWith("[data-version]")

  replaceWith(next) {
    this.parentElement.children = this.parentElement.children.map((child) => (child === this ? next : child))
    next.parentElement = this.parentElement
    this.parentElement = null
  }

  append(...next) {
    this.children.push(...next)
    for (const child of next) child.parentElement = this
  }

  dispatchEvent(event) {
    this.events.push(event)
  }
}

beforeEach(() => {
  list = new FakeElement({ conversation: "c" })
  page = { list }
  globalThis.document = { getElementById: (id) => page[id] ?? null, activeElement: null }
})

function message(version, more = {}) {
  return new FakeElement({ conversation: "c", parent: "", message: "1", version, ...more })
}

function show(element) {
  page[ID] = element
  list.append(element)
  return element
}

function received(next, attributes = {}, refresh) {
  const stream = new Map(Object.entries({ into: "list", ...attributes }))
  const asked = { getAttribute: (name) => stream.get(name), hasAttribute: (name) => stream.has(name) }
  upsert({ templateContent: { firstElementChild: next }, target: ID, ...asked }, refresh)
}

for (const [version, whose] of [
  ["9", "older"],
  ["10", "the same"],
]) {
  test(`what is ${whose} changes nothing`, () => {
    const shown = show(message("10"))
    const late = message(version)
    received(late)
    assert.deepEqual(list.children, [shown])
    assert.deepEqual(late.events, [])
  })
}

test("what is newer takes the place of what is shown, and says what that was", () => {
  show(message("9", { status: "streaming" }))
  const next = message("10", { status: "done" })
  received(next)
  assert.deepEqual(list.children, [next])
  assert.deepEqual(
    next.events.map(({ type, detail }) => [type, detail.from]),
    [["parley:upserted", "streaming"]],
  )
})

test("what is not shown comes after its parent", () => {
  const first = show(message("1"))
  page[ID] = null
  const second = message("2", { parent: "1", message: "2" })
  received(second)
  assert.deepEqual(list.children, [first, second])
})

for (const [why, more] of [
  ["another conversation", { conversation: "d" }],
  ["another branch", { parent: "0" }],
]) {
  test(`what is of ${why} is not shown`, () => {
    const first = show(message("1"))
    page[ID] = null
    received(message("2", { message: "2", parent: "1", ...more }))
    assert.deepEqual(list.children, [first])
  })
}

test("what was just added below a message that is not shown loads the page again", () => {
  const first = show(message("1"))
  let refreshed = 0
  page[ID] = null
  received(message("2", { message: "2", parent: "0" }), { added: "" }, () => (refreshed += 1))
  assert.deepEqual([list.children, refreshed], [[first], 1])
})

for (const [what, more, tools] of [
  ["that is settled", {}, '<a href="/c/1/?message=2"><time datetime="2026-11-28">'],
  ["that is being written", { busy: true }, ""],
]) {
  test(`a message ${what} has ${tools ? "the tools of the page" : "no tools"}`, () => {
    page["tools-user"] = {
      innerHTML: '<a href="/c/1/?message=00000000-0000-0000-0000-000000000000"><time datetime="">',
    }
    const next = message("2", { message: "2", role: "user", at: "2026-11-28" })
    const meta = new FakeElement({})
    next.querySelector = (selector) => (selector.startsWith(".meta") ? meta : null)
    next.hasAttribute = (name) => name === "aria-busy" && Boolean(more.busy)
    received(next)
    assert.equal(meta.html, tools)
  })
}

test("a reply that has ended as it is shown is settled where it stands, with what the page has for it", () => {
  const current = show(message("9", { status: "streaming", role: "assistant", at: "2026-11-28" }))
  const [meta, stop, body] = [new FakeElement({}), new FakeElement({}), new FakeElement({})]
  const reply = new FakeElement({})
  const removed = []
  page["tools-assistant"] = { innerHTML: '<time datetime="">' }
  document.createElement = () => Object.assign(body, { setAttribute: (name, value) => (body[name] = value) })
  stop.remove = () => removed.push(stop)
  current.querySelector = () => meta
  current.querySelectorAll = () => [stop]
  current.removeAttribute = (name) => removed.push(name)
  current.append(reply)
  reply.closest = () => current
  reply.attributes = [
    { name: "class", value: "prose" },
    { name: "reply", value: "1" },
  ]
  reply.childNodes = [new FakeElement({}), new FakeElement({})]
  settle(reply, { version: 10, meta: "<span>model</span>" })
  assert.deepEqual(current.children, [body])
  assert.deepEqual([body.class, body.reply, body.children], ["prose", undefined, reply.childNodes])
  assert.deepEqual(removed, [stop, "aria-busy"])
  assert.deepEqual([current.dataset.status, current.dataset.version], ["done", 10])
  assert.equal(meta.html, '<span>model</span><time datetime="2026-11-28">')
  assert.deepEqual(current.events[0].detail, { from: "streaming" })
})
