import assert from "node:assert/strict"
import { afterEach, beforeEach, mock, test } from "node:test"

const WORDS = { frame: "/diagrams/draw/", alt: "Diagram", failed: "Not drawn.", late: "Too long." }
let answers

class FakeChannel {
  port1 = {}
  port2 = { postMessage: (data) => queueMicrotask(() => this.port1.onmessage({ data })) }
}

const contentWindow = { postMessage: (_question, _origin, [port]) => port.postMessage(answers.shift()) }
globalThis.MessageChannel = FakeChannel
globalThis.Image = class {}
globalThis.getComputedStyle = () => ({ getPropertyValue: () => "dark" })
globalThis.document = {
  createElement: () => ({ contentWindow }),
  documentElement: { append: (element) => element.onload() },
  querySelector: () => ({ remove() {} }),
}
const { drawing } = await import("./diagram.js")

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }))
afterEach(() => mock.timers.reset())

async function drawn(...all) {
  answers = all
  return Promise.all(all.map(() => drawing("graph TD; A", WORDS)))
}

test("a drawing is an image", async () => {
  const [{ src, alt }] = await drawn({ svg: "<svg>ä</svg>" })
  assert.deepEqual([src, alt], ["data:image/svg+xml;charset=utf-8,%3Csvg%3E%C3%A4%3C%2Fsvg%3E", "Diagram"])
})

test("a drawing with half a character is an image", async () => {
  const [{ src }] = await drawn({ svg: "<svg>\ud83d…</svg>" })
  assert.match(decodeURIComponent(src), /<svg>\ufffd…<\/svg>$/)
})

test("an answer that is none is a sentence, and the next diagram is drawn", async () => {
  const pictures = await drawn(null, { svg: 1 }, { problem: "Parse error." }, { svg: "<svg/>" })
  for (const { role, textContent } of pictures.slice(0, 2)) {
    assert.equal(role, "alert")
    assert.match(textContent, /^Not drawn\. /)
  }
  assert.equal(pictures[2].textContent, "Not drawn. Parse error.")
  assert.match(pictures[3].src, /svg/)
})
