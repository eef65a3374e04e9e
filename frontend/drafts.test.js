import assert from "node:assert/strict"
import { test } from "node:test"
import { Drafts } from "./drafts.js"

test("without anything typed here, the server's draft is shown", () => {
  assert.equal(new Drafts("1").newest("/c/1/", "from the phone"), "from the phone")
})

test("what was typed here is newer than what the server has", () => {
  const drafts = new Drafts("1")
  drafts.typed("/c/1/", "Hello you")
  assert.equal(drafts.newest("/c/1/", "Hello"), "Hello you")
  assert.equal(drafts.newest("/c/2/", "other"), "other")
})

test("once saved it gives way, but not to a page that was already on its way", () => {
  const drafts = new Drafts("1")
  drafts.typed("/c/1/", "Hello you")
  drafts.saved("/c/1/", "Hello you", 0)
  assert.equal(drafts.newest("/c/1/", "Hello", 9_000), "Hello you")
  assert.equal(drafts.newest("/c/1/", "from the phone", 11_000), "from the phone")
})

test("what was typed during the saving is not saved yet", () => {
  const drafts = new Drafts("1")
  drafts.typed("/c/1/", "Hello")
  drafts.typed("/c/1/", "Hello you")
  drafts.saved("/c/1/", "Hello", 0)
  assert.equal(drafts.newest("/c/1/", "Hello", 11_000), "Hello you")
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
  drafts.typed("/c/1/", "Hello you")
  drafts.store(storage)
  assert.equal(new Drafts("1", storage).newest("/c/1/", "Hello"), "Hello you")
  assert.equal(new Drafts("2", storage).newest("/c/1/", ""), "")
})

test("nothing of a person who is gone stays", () => {
  const stored = new Map()
  const storage = storageOf(stored)
  const drafts = new Drafts("1", storage)
  drafts.typed("/c/1/", "Hello you")
  drafts.store(storage)
  drafts.forget(storage)
  assert.equal(stored.size, 0)
  assert.equal(drafts.newest("/c/1/", ""), "")
})
