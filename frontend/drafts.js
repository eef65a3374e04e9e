/** @import { Storage } from "./storage.js" */
import { meta } from "./page.js"

const ON_ITS_WAY = 10_000
const STORED = "parley-drafts"

// Browsers let at most 64 kB go out from a page that is being left.
const MAX_IN_FAREWELL = 20_000

/** What was typed into each form of this tab, as long as a page may come that does not have it yet. */
export class Drafts {
  /** @type {Map<string, { text: string, until?: number }>} */
  #kept
  #person

  /**
   * With what this person typed in this tab before it left its last page.
   * @param {string} person @param {Pick<Storage, "get">?} storage
   */
  constructor(person, storage) {
    const { whose, kept } = JSON.parse(storage?.get(STORED) ?? "{}")
    this.#kept = new Map(whose === person ? kept : [])
    this.#person = person
  }

  /** The page is being left, maybe before the server has everything. */
  store(/** @type {Pick<Storage, "set">} */ storage) {
    storage.set(STORED, JSON.stringify({ whose: this.#person, kept: [...this.#kept] }))
  }

  /** The person is gone: nothing of theirs stays here. */
  forget(/** @type {Pick<Storage, "remove">} */ storage) {
    this.#kept.clear()
    storage.remove(STORED)
  }

  typed(/** @type {string} */ form, /** @type {string} */ text) {
    this.#kept.set(form, { text })
  }

  /** The server has this text; pages that were rendered just before may still arrive. */
  saved(/** @type {string} */ form, /** @type {string} */ text, now = Date.now()) {
    const kept = this.#kept.get(form)
    if (!kept || kept.text === text) this.#kept.set(form, { text, until: now + ON_ITS_WAY })
  }

  /** The newer of what was typed here and what the server put into the form. */
  newest(/** @type {string} */ form, /** @type {string} */ rendered, now = Date.now()) {
    const kept = this.#kept.get(form)
    return !kept || Number(kept.until) < now ? rendered : kept.text
  }
}

/**
 * Whether the server has the text now.
 * @param {string} url @param {string} conversation @param {string} text
 */
export async function saveDraft(url, conversation, text) {
  const request = {
    method: "POST",
    body: new URLSearchParams({ conversation, text }),
    headers: { "X-CSRFToken": meta("csrf-token") },
    keepalive: text.length < MAX_IN_FAREWELL,
  }
  const response = await fetch(url, request).catch(() => null)
  return response?.ok ?? false
}
