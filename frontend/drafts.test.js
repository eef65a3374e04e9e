import assert from "node:assert/strict"
import { test } from "node:test"
import { Drafts, saveDraft } from "./drafts.js"

const FORM = "/c/1/"

test("without anything typed here, the server's draft is shown", () => {
  assert.equal(new Drafts("1").newest(FORM, "from the phone"), "from the phone")
})

test("what was typed here is newer than what the server has", () => {
  const drafts = new Drafts("1")
  drafts.typed(FORM, "Hello you")
  assert.equal(drafts.newest(FORM, "Hello"), "Hello you")
  assert.equal(drafts.newest("/c/2/", "other"), "other")
})

test("once saved it gives way, but not to a page that was already on its way", () => {
  const drafts = new Drafts("1")
  drafts.typed(FORM, "Hello you")
  drafts.begin(FORM)
  drafts.end(FORM, "Hello you", 0)
  assert.equal(drafts.newest(FORM, "Hello", 9_000), "Hello you")
  assert.equal(drafts.newest(FORM, "from the phone", 11_000), "from the phone")
})

test("what was typed during the saving is not saved yet", () => {
  const drafts = new Drafts("1")
  drafts.typed(FORM, "Hello")
  drafts.begin(FORM)
  drafts.typed(FORM, "Hello you")
  drafts.end(FORM, "Hello", 0)
  assert.equal(drafts.newest(FORM, "Hello", 11_000), "Hello you")
})

function storageOf(stored = new Map()) {
  return {
    get: (name) => stored.get(name) ?? null,
    set: (name, text) => stored.set(name, text),
    remove: (name) => stored.delete(name),
  }
}

test("what was typed is there on the next page of the tab, for the same person only", () => {
  const storage = storageOf()
  const drafts = new Drafts("1", storage)
  drafts.typed(FORM, "Hello you")
  drafts.store(storage)
  assert.equal(new Drafts("1", storage).newest(FORM, "Hello"), "Hello you")
  assert.equal(new Drafts("2", storage).newest(FORM, ""), "")
})

test("nothing of a person who is gone stays", () => {
  const stored = new Map()
  const storage = storageOf(stored)
  const drafts = new Drafts("1", storage)
  drafts.typed(FORM, "Hello you")
  drafts.store(storage)
  drafts.forget(storage)
  assert.equal(stored.size, 0)
  assert.equal(drafts.newest(FORM, ""), "")
})

/** A function that saves what was typed, as a server would, and a list of the texts that came. */
function serverOf(drafts, { fails = false } = {}) {
  const texts = []
  const save = (now) => drafts.save(FORM, async (text) => !fails && Boolean(texts.push(text)), now)
  return { texts, save }
}

test("what was typed back to what the server has gives way to another device", async () => {
  const drafts = new Drafts("1")
  const { texts, save } = serverOf(drafts)
  drafts.newest(FORM, "")
  drafts.typed(FORM, "")
  await save(0)
  assert.equal(drafts.newest(FORM, "from the phone"), "from the phone")
  assert.deepEqual(texts, [])
})

test("what the server has is known on the next page of the tab, if it was known on this one", async () => {
  for (const [out, expected] of [
    [false, []],
    [true, ["Hello"]],
  ]) {
    const storage = storageOf()
    const before = new Drafts("1", storage)
    before.typed(FORM, "Hello")
    before.begin(FORM)
    if (!out) before.end(FORM, "Hello")
    before.store(storage)
    const drafts = new Drafts("1", storage)
    const { texts, save } = serverOf(drafts)
    assert.equal(drafts.newest(FORM, "Hello"), "Hello")
    await save()
    assert.deepEqual(texts, expected)
  }
})

test("what the server has is not saved", async () => {
  const drafts = new Drafts("1")
  const { texts, save } = serverOf(drafts)
  drafts.newest(FORM, "Hello")
  await save()
  for (const text of ["Hello you", "Hello", "Hello"]) {
    drafts.typed(FORM, text)
    await save()
  }
  assert.deepEqual(texts, ["Hello you", "Hello"])
})

test("a question that was sent leaves nothing to save, and one that was not does", async () => {
  const drafts = new Drafts("1")
  const { texts, save } = serverOf(drafts)
  for (const [sent, rest] of [
    ["", ""],
    ["", "And"],
    [undefined, "And"],
  ]) {
    drafts.begin(FORM)
    drafts.typed(FORM, rest)
    assert.equal(drafts.end(FORM, sent), false)
    await save()
  }
  assert.deepEqual(texts, ["And", "And"])
})

test("the draft of another device is not written over by what was typed here long ago", async () => {
  const drafts = new Drafts("1")
  const { texts, save } = serverOf(drafts)
  drafts.typed(FORM, "Hello")
  drafts.begin(FORM)
  drafts.end(FORM, "Hello", 0)
  assert.equal(drafts.newest(FORM, "from the phone"), "from the phone")
  await save()
  assert.deepEqual(texts, [])
})

test("a draft that crossed its question is saved once more, whichever came last", async () => {
  const drafts = new Drafts("1")
  const texts = []
  const held = []
  const post = (text) => new Promise((resolve) => held.push(() => resolve(Boolean(texts.push(text)))))
  drafts.typed(FORM, "Hello")
  const saving = drafts.save(FORM, post)
  drafts.begin(FORM)
  drafts.typed(FORM, "")
  assert.equal(drafts.end(FORM, ""), false)
  held.shift()()
  await new Promise(setImmediate)
  held.shift()()
  await saving
  await drafts.save(FORM, post)
  assert.deepEqual(texts, ["Hello", ""])
})

test("what could not be saved is not tried again by itself", async () => {
  const drafts = new Drafts("1")
  const { save } = serverOf(drafts, { fails: true })
  drafts.typed(FORM, "Hello")
  await save()
  const { texts, save: saveAgain } = serverOf(drafts)
  await saveAgain()
  assert.deepEqual(texts, ["Hello"])
})

for (const [what, text, alive] of [
  ["short", "Hello", true],
  ["long", "x".repeat(20_000), false],
  ["of many bytes", "字".repeat(8_000), false],
]) {
  test(`a draft that is ${what} ${alive ? "outlives" : "does not outlive"} its page`, async () => {
    const sent = await saveThrough(text, { ok: true })
    assert.deepEqual([sent.saved, sent.keepalive], [true, alive])
  })
}

test("the page on which to sign in does not mean that a draft is saved", async () => {
  const sent = await saveThrough("Hello", { ok: false, type: "opaqueredirect" })
  assert.deepEqual([sent.saved, sent.redirect], [false, "manual"])
})

/** Save a draft, for which the server has this response. */
async function saveThrough(text, response) {
  let sent
  globalThis.document = { head: { querySelector: () => null } }
  globalThis.fetch = async (_, request) => {
    sent = request
    return response
  }
  const saved = await saveDraft("/draft/", "", text)
  return { saved, ...sent }
}
