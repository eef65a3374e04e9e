import { Controller } from "@hotwired/stimulus"
import { Drafts } from "../drafts.js"
import { meta } from "../page.js"

const QUIET = 800
const MOST_IN_FAREWELL = 20_000

// The form is replaced when its message was sent, and gone on another page; this outlives it.
const drafts = new Drafts()

/** Keeps what is typed and not sent: in this tab, and on the server for other devices. */
export default class extends Controller {
  static targets = ["text"]
  static values = { url: String, conversation: String }
  #timer
  #sent

  // Lifecycle

  textTargetConnected(text) {
    text.value = drafts.newest(text.form.action, text.value)
  }

  textTargetDisconnected({ form, value }) {
    clearTimeout(this.#timer)
    if (this.#sent === undefined) return
    const rest = value.startsWith(this.#sent) ? value.slice(this.#sent.length) : value
    drafts.typed(form.action, rest)
    this.#save(form, rest)
  }

  // Actions

  changed() {
    clearTimeout(this.#timer)
    if (this.#editing) return
    drafts.typed(this.textTarget.form.action, this.textTarget.value)
    this.#timer = setTimeout(() => this.flush(), QUIET)
  }

  flush() {
    if (this.#timer) this.#save(this.textTarget.form, this.textTarget.value)
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  sending({ defaultPrevented }) {
    if (defaultPrevented) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#sent = this.textTarget.value
  }

  sent({ detail: { success } }) {
    if (success) return
    this.#sent = undefined
    this.changed()
  }

  // Private

  get #editing() {
    return this.textTarget.form.elements.editing?.value
  }

  async #save(form, text) {
    if (!this.urlValue) return
    const body = new URLSearchParams({ conversation: this.conversationValue, text })
    const headers = { "X-CSRFToken": meta("csrf-token") }
    const keepalive = text.length < MOST_IN_FAREWELL
    const response = await fetch(this.urlValue, { method: "POST", body, headers, keepalive }).catch(() => null)
    if (response?.ok) drafts.saved(form.action, text)
  }
}
