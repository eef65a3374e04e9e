import { Drafts, saveDraft } from "../drafts.js"
import { Later } from "../later.js"
import { meta } from "../page.js"
import { controller } from "../stimulus.js"
import { ofTab } from "../storage.js"

const QUIET = 800

// The form is replaced when its message was sent, and gone on another page; this outlives it.
const person = meta("parley-person")
const drafts = new Drafts(person, person ? ofTab : null)
// A page that says nothing about anybody is one of an error.
let signedOut = !person && Boolean(meta("csrf-token"))

if (signedOut) drafts.forget(ofTab)
addEventListener("pagehide", () => (signedOut ? drafts.forget(ofTab) : drafts.store(ofTab)))
addEventListener("parley:signed-out", () => (signedOut = true))

/** Keeps what is typed and not sent: in this tab, and on the server for other devices. */
export default class extends controller({
  targets: { text: HTMLTextAreaElement },
  values: { url: String, conversation: String },
}) {
  #saving = new Later(QUIET, () => this.#save(this.textTarget))
  /** @type {string | undefined} */
  #sent

  textTargetConnected(/** @type {HTMLTextAreaElement} */ text) {
    const rendered = text.value
    text.value = drafts.newest(addressOf(text), rendered)
    if (text.value !== rendered) this.#saving.ask()
  }

  textTargetDisconnected(/** @type {HTMLTextAreaElement} */ text) {
    this.#saving.forget()
    if (this.#sent === undefined) return
    const rest = text.value.startsWith(this.#sent) ? text.value.slice(this.#sent.length) : text.value
    drafts.typed(addressOf(text), rest)
    this.#save(text, rest)
  }

  changed() {
    this.#saving.forget()
    if (this.textTarget.form?.editing?.value) return
    drafts.typed(addressOf(this.textTarget), this.textTarget.value)
    this.#saving.ask()
  }

  flush() {
    this.#saving.hurry()
  }

  sending(/** @type {Event} */ { defaultPrevented }) {
    if (defaultPrevented) return
    this.#saving.forget()
    this.#sent = this.textTarget.value
  }

  sent(/** @type {Fired<"turbo:submit-end">} */ { detail: { success } }) {
    if (success) return
    this.#sent = undefined
    this.changed()
  }

  async #save(/** @type {HTMLTextAreaElement} */ field, text = field.value) {
    const address = addressOf(field)
    if (!this.urlValue) return
    if (await saveDraft(this.urlValue, this.conversationValue, text)) drafts.saved(address, text)
  }
}

function addressOf(/** @type {HTMLTextAreaElement} */ { form }) {
  return form?.action ?? ""
}
