import { Controller } from "@hotwired/stimulus"
import { Drafts, saveDraft } from "../drafts.js"
import { Later } from "../later.js"
import { meta } from "../page.js"
import { ofTab } from "../storage.js"

const QUIET = 800

// The form is replaced when its message was sent, and gone on another page; this outlives it.
const person = meta("parley-person")
const drafts = new Drafts(person, person ? ofTab : null)
// A page that says nothing about anybody is one of an error.
let gone = !person && Boolean(meta("csrf-token"))

if (gone) drafts.forget(ofTab)
addEventListener("pagehide", () => (gone ? drafts.forget(ofTab) : drafts.store(ofTab)))
addEventListener("parley:signed-out", () => (gone = true))

/** Keeps what is typed and not sent: in this tab, and on the server for other devices. */
export default class extends Controller {
  static targets = ["text"]
  static values = { url: String, conversation: String }
  #saving = new Later(QUIET, () => this.#save(this.textTarget.form, this.textTarget.value))
  #sent

  // Lifecycle

  textTargetConnected(text) {
    const rendered = text.value
    text.value = drafts.newest(text.form.action, rendered)
    if (text.value !== rendered) this.#saving.ask()
  }

  textTargetDisconnected({ form, value }) {
    this.#saving.forget()
    if (this.#sent === undefined) return
    const rest = value.startsWith(this.#sent) ? value.slice(this.#sent.length) : value
    drafts.typed(form.action, rest)
    this.#save(form, rest)
  }

  // Actions

  changed() {
    this.#saving.forget()
    if (this.textTarget.form.elements.editing?.value) return
    drafts.typed(this.textTarget.form.action, this.textTarget.value)
    this.#saving.ask()
  }

  flush() {
    this.#saving.hurry()
  }

  sending({ defaultPrevented }) {
    if (defaultPrevented) return
    this.#saving.forget()
    this.#sent = this.textTarget.value
  }

  sent({ detail: { success } }) {
    if (success) return
    this.#sent = undefined
    this.changed()
  }

  // Private

  async #save(form, text) {
    if (!this.urlValue) return
    const saved = await saveDraft(this.urlValue, this.conversationValue, text)
    if (saved) drafts.saved(form.action, text)
  }
}
