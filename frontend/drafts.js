/** @import { ofTab } from "./storage.js" */
import { meta } from "./page.js"

const ON_ITS_WAY = 10_000
const STORED = "parley-drafts"

// Browsers send at most 64 kB in all that is to outlive its page, and refuse more, also while the page stays.
const MAX_IN_FAREWELL = 20_000

/** What was typed into each form of this tab, as long as a page may come that does not have it yet. */
export class Drafts {
  /** @type {Map<string, { text: string, until?: number }>} */
  #kept
  /** What the server has, where that is known. @type {Map<string, string>} */
  #saved = new Map()
  /** Requests that are out. @type {Map<string, { count: number, crossed: boolean }>} */
  #out = new Map()
  #person

  /**
   * With what this person typed in this tab before it left its last page.
   * @param {string} person @param {Pick<typeof ofTab, "get">?} storage
   */
  constructor(person, storage) {
    const { whose, kept } = JSON.parse(storage?.get(STORED) ?? "{}")
    this.#kept = new Map(whose === person ? kept : [])
    this.#person = person
  }

  /** The page is being left, maybe before the server has everything. */
  store(/** @type {Pick<typeof ofTab, "set">} */ storage) {
    storage.set(STORED, JSON.stringify({ whose: this.#person, kept: [...this.#kept] }))
  }

  /** The person is gone: nothing of theirs stays here. */
  forget(/** @type {Pick<typeof ofTab, "remove">} */ storage) {
    this.#kept.clear()
    storage.remove(STORED)
  }

  typed(/** @type {string} */ form, /** @type {string} */ text) {
    this.#kept.set(form, { text })
  }

  /** The newer of what was typed here and what the server put into the form; what is settled, the server has. */
  newest(/** @type {string} */ form, /** @type {string} */ rendered, now = Date.now()) {
    const kept = this.#kept.get(form)
    if (kept && !kept.until) return kept.text
    if (Number(kept?.until) < now) this.#kept.delete(form)
    const { text } = this.#kept.get(form) ?? { text: rendered }
    this.#saved.set(form, text)
    return text
  }

  /** A request that changes what the server has of a form goes out. */
  begin(/** @type {string} */ form) {
    const { count } = this.#out.get(form) ?? { count: 0 }
    this.#out.set(form, { count: count + 1, crossed: count > 0 })
    this.#saved.delete(form)
  }

  /**
   * It is back, and if it went well the server has this text, which pages that are on their way may lack. True after
   * the last of several at once: it is not known in which order they came.
   * @param {string} form @param {string} [text]
   */
  end(form, text, now = Date.now()) {
    const { count, crossed } = this.#out.get(form) ?? { count: 1, crossed: false }
    if (count > 1) this.#out.set(form, { count: count - 1, crossed })
    else this.#out.delete(form)
    if (crossed || text === undefined) return crossed && count === 1
    this.#saved.set(form, text)
    if ((this.#kept.get(form)?.text ?? text) === text) this.#kept.set(form, { text, until: now + ON_ITS_WAY })
    return false
  }

  /**
   * Save what was typed, unless the server has it; `post` tells whether it has it then.
   * @param {string} form @param {(text: string) => Promise<boolean>} post
   */
  async save(form, post, now = Date.now()) {
    const text = this.#kept.get(form)?.text
    if (text === undefined) return
    const has = text === this.#saved.get(form)
    this.begin(form)
    if (this.end(form, has || (await post(text)) ? text : undefined, now)) await this.save(form, post)
  }
}

/**
 * Whether the server has the text now.
 * @param {string} url @param {string} conversation @param {string} text
 */
export async function saveDraft(url, conversation, text) {
  const body = new URLSearchParams({ conversation, text })
  const response = await fetch(url, {
    method: "POST",
    redirect: "manual", // The page on which to sign in is no success.
    body,
    headers: { "X-CSRFToken": meta("csrf-token") },
    keepalive: String(body).length < MAX_IN_FAREWELL,
  }).catch(() => null)
  return response?.ok ?? false
}
