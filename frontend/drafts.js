import { meta } from "./page.js"

const ON_ITS_WAY = 10_000

// Browsers let at most 64 kB go out from a page that is being left.
const MOST_IN_FAREWELL = 20_000

/** What was typed into each form of this tab, as long as a page may come that does not have it yet. */
export class Drafts {
  #kept = new Map()

  typed(form, text) {
    this.#kept.set(form, { text })
  }

  /** The server has this text; pages that were rendered just before may still arrive. */
  saved(form, text, now = Date.now()) {
    const kept = this.#kept.get(form)
    if (!kept || kept.text === text) this.#kept.set(form, { text, until: now + ON_ITS_WAY })
  }

  /** The newer of what was typed here and what the server put into the form. */
  newest(form, rendered, now = Date.now()) {
    const kept = this.#kept.get(form)
    return !kept || kept.until < now ? rendered : kept.text
  }
}

/** Whether the server has the text now. */
export async function saveDraft(url, conversation, text) {
  const request = {
    method: "POST",
    body: new URLSearchParams({ conversation, text }),
    headers: { "X-CSRFToken": meta("csrf-token") },
    keepalive: text.length < MOST_IN_FAREWELL,
  }
  const response = await fetch(url, request).catch(() => null)
  return response?.ok ?? false
}
