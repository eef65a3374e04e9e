import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { appendedText, applyFrame, isAfter } from "./splices.js"

const vectors = JSON.parse(readFileSync(new URL("../tests/unit/delivery/splice_vectors.json", import.meta.url)))

for (const { name, frames, blocks } of vectors) {
  test(`ends in the server's blocks, whatever comes twice or late: ${name}`, () => {
    assert.deepEqual(read(frames), blocks)
  })

  test(`appends only what makes a block into the next: ${name}`, () => {
    let before = []
    for (const [, payload] of frames) {
      const after = applyFrame(before, payload)
      after.forEach((html, i) => {
        const text = appendedText(before[i], html)
        if (text !== null) assert.equal(before[i] + text, html)
      })
      before = after
    }
  })
}

function read(frames) {
  let last = "0"
  let blocks = []
  for (const [position, payload] of frames) {
    if (!isAfter(position, last)) continue
    last = position
    blocks = applyFrame(blocks, payload)
  }
  return blocks
}
