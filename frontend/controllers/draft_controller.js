import { Drafts, saveDraft } from "../drafts.js"
import { Later } from "../later.js"
import { isAnswer, meta } from "../page.js"
import { controller } from "../stimulus.js"
import { ofTab } from "../storage.js"

const QUIET = 2_000

// The form is replaced when its message was sent, and gone on another page; this outlives it.
const person = meta("parley-person")
const drafts = new Drafts(person, person ? ofTab : null)
// A page that says nothing about anybody is one of an error.
let signedOut = !person && Boolean(meta("csrf-token"))

if (signedOut) drafts.forget(ofTab)
addEventListener("pagehide", () => (signedOut ? drafts.forget(ofTab) : drafts.store(ofTab)))
addEventListener("parley:signed-out", () => (signedOut = true))
addEventListener("turbo:submit-end", ({ detail }) => {
  const { action, body, formElement } = detail.formSubmission
  const left = formElement.matches("[data-composer]") && !formElement.isConnected
  if (left && !body.get("editing") && !isAnswer(detail)) giveBack(action, String(body.get("text")))
})

// What was typed since, here or where the form is shown again, follows it.
function giveBack(/** @type {string} */ action, /** @type {string} */ text) {
  drafts.typed(action, [text, drafts.newest(action, "")].filter(Boolean).join("\n\n"))
  const forms = /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-composer]"))
  for (const form of forms) {
    if (form.action !== action || form.editing?.value) continue
    form.text.value = drafts.newest(action, "")
    form.text.dispatchEvent(new Event("input", { bubbles: true }))
  }
}

/** Keeps what is typed and not sent: in this tab, and on the server for other devices. */
export default class extends controller({
  targets: { text: HTMLTextAreaElement },
  values: { url: String, conversation: String },
}) {
  #saving = new Later(QUIET, () => this.#save())
  #form = ""
  #composing = false
  #edits = false
  /** @type {string | undefined} */
  #sent

  textTargetConnected(/** @type {HTMLTextAreaElement} */ text) {
    this.#form = text.form?.action ?? ""
    if (text.form?.editing?.value) return
    text.value = drafts.newest(this.#form, text.value)
    this.#saving.ask()
  }

  textTargetDisconnected(/** @type {HTMLTextAreaElement} */ text) {
    if (this.#sent !== undefined) this.#back(text)
    this.#saving.hurry()
  }

  changed(/** @type {Partial<InputEvent>} */ { isComposing = false } = {}) {
    this.#composing = isComposing
    this.#saving.forget()
    if (this.textTarget.form?.editing?.value) return
    drafts.typed(this.#form, this.textTarget.value)
    this.#saving.ask()
  }

  // What could not be saved while there was no network.
  online() {
    this.#saving.ask()
  }

  flush() {
    this.#saving.hurry()
  }

  sending(/** @type {Event} */ { defaultPrevented }) {
    if (defaultPrevented) return
    this.#saving.forget()
    this.#sent = this.textTarget.value
    this.#edits = Boolean(this.textTarget.form?.editing?.value)
    if (!this.#edits) drafts.begin(this.#form)
  }

  // To change a text ends what an input method composes there.
  asked() {
    const text = this.textTarget
    if (this.#composing) return text.addEventListener("compositionend", () => this.asked(), { once: true })
    this.#back(text, "")
    this.dispatch("emptied")
    text.dispatchEvent(new Event("input", { bubbles: true }))
  }

  refused() {
    this.#sent = undefined
    this.changed()
    if (!this.#edits && drafts.end(this.#form)) this.#save()
  }

  /**
   * What was typed while the form was out is the next draft; that of a question that was edited is as it was.
   * @param {HTMLTextAreaElement} text @param {string} [saved]
   */
  #back(text, saved) {
    const { value } = text
    text.value = value.startsWith(this.#sent ?? "") ? value.slice(this.#sent?.length) : value
    this.#sent = undefined
    if (this.#edits) return
    drafts.typed(this.#form, text.value)
    this.#saving.ask()
    if (drafts.end(this.#form, saved)) this.#save()
  }

  #save() {
    const { urlValue: url, conversationValue: conversation } = this
    if (url) drafts.save(this.#form, (text) => saveDraft(url, conversation, text))
  }
}
