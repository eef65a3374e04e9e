import assert from "node:assert/strict"
import { test } from "node:test"
import { appendedText, applyFrame, continues, isAfter, wholePosition } from "./splices.js"

test("a whole replaces everything", () => {
  assert.deepEqual(applyFrame(["<p>old"], [null, "<p>a", "<p>b"]), ["<p>a", "<p>b"])
  assert.deepEqual(applyFrame(["<p>old"], [null]), [])
})

test("a tail continues the last block", () => {
  assert.deepEqual(applyFrame(["<p>a", "<p>b"], ["c"]), ["<p>a", "<p>bc"])
})

test("a tail begins the first block of an empty reply", () => {
  assert.deepEqual(applyFrame([], ["<p>a"]), ["<p>a"])
})

test("triples change, add and drop blocks", () => {
  assert.deepEqual(applyFrame(["<p>ab", "<p>c"], [0, 4, "x"]), ["<p>ax", "<p>c"])
  assert.deepEqual(applyFrame(["<p>a"], [0, 4, "b", 1, 0, "<p>c"]), ["<p>ab", "<p>c"])
  assert.deepEqual(applyFrame(["<p>a", "<p>b", "<p>c"], [0, 4, "!", 1, -1, ""]), ["<p>a!"])
})

test("what is kept is counted in UTF-16 code units", () => {
  assert.deepEqual(applyFrame(["<p>😀x"], [0, 5, "y"]), ["<p>😀y"])
})

test("the blocks given are not changed", () => {
  const blocks = ["<p>a"]
  applyFrame(blocks, ["b"])
  assert.deepEqual(blocks, ["<p>a"])
})

test("positions compare as numbers, the attempt first", () => {
  assert.ok(isAfter("1-1", "0"))
  assert.ok(isAfter("1-10", "1-9"))
  assert.ok(isAfter("2-1", "1-99"))
  assert.ok(!isAfter("1-9", "1-9"))
  assert.ok(!isAfter("1-99", "2-1"))
})

test("a number is a position in the attempt of the frame before", () => {
  assert.equal(wholePosition("2-1", undefined), "2-1")
  assert.equal(wholePosition(17, "2-16"), "2-17")
})

test("text that follows text can be appended", () => {
  assert.equal(appendedText("<p>Hello", "<p>Hello wor"), " wor")
  assert.equal(appendedText("<p>a &lt;", "<p>a &lt; b"), " b")
})

test("anything else cannot", () => {
  assert.equal(appendedText(undefined, "<p>a"), null)
  assert.equal(appendedText("<p>", "<p>a"), null)
  assert.equal(appendedText("<pre><code>\n", "<pre><code>\na"), null)
  assert.equal(appendedText("<p>a", "<p>b"), null)
  assert.equal(appendedText("<p>a", "<p>a<b>c"), null)
  assert.equal(appendedText("<p>a", "<p>a &amp;"), null)
})

test("a frame continues the one before it; the whole needs none", () => {
  assert.ok(continues("1-7", ["x"], "1-6"))
  assert.ok(continues("1-7", [null, "<p>x"], "0"))
  assert.ok(continues("2-1", [null], "1-6"))
  assert.ok(!continues("1-7", ["x"], "0"))
  assert.ok(!continues("1-7", ["x"], "1-5"))
  assert.ok(!continues("2-1", ["x"], "1-9"))
})

test("a block far behind the last is the next one", () => {
  assert.deepEqual(applyFrame(["<p>a"], [7, 0, "<p>b"]), ["<p>a", "<p>b"])
})
