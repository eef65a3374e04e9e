import { isAnswer } from "../page.js"
import { controller } from "../stimulus.js"
import { navigator } from "../turbo.js"

// To measure a long text at every key would make typing slow; so much fills the field in any case.
const FILLS_THE_FIELD = 4_000

// Too late, too large, too often: what the server says then is a page, which would take the place of what was typed.
const REFUSED = [408, 413, 429]

// The form is on another page when the first message was sent, and another one when its message was refused.
let refocus = false
let caret = 0

/** The keys, the height and the sending of the composer. */
export default class extends controller({
  targets: { form: HTMLFormElement, text: HTMLTextAreaElement, problem: HTMLElement, once: HTMLElement },
  values: { enter: String },
}) {
  #busy = false

  textTargetConnected(/** @type {HTMLTextAreaElement} */ text) {
    if (refocus) {
      text.focus({ preventScroll: true })
      text.setSelectionRange(caret, caret)
    }
    refocus = false
    this.typing()
    this.grow()
  }

  // Off, so that without scripts Back does not bring a question that was sent; but phones suggest no words then.
  typing() {
    this.textTarget.removeAttribute("autocomplete")
  }

  // An edit, or another tab, may make the page load again while somebody types.
  leaving() {
    const { currentVisit } = /** @type {TurboNavigator} */ (navigator)
    if (!currentVisit?.isPageRefresh || this.textTarget !== document.activeElement) return
    refocus = true
    caret = this.textTarget.selectionEnd
  }

  key(/** @type {KeyboardEvent} */ event) {
    const composing = event.isComposing || event.keyCode === 229
    const breaks = event.shiftKey || event.altKey || this.enterValue === "enter"
    const sends = event.ctrlKey || event.metaKey || !breaks
    if (event.key !== "Enter" || composing || !sends) return
    event.preventDefault()
    const hasFiles = this.formTarget.querySelector("#attachments > *")
    if (hasFiles || this.textTarget.value.trim()) this.formTarget.requestSubmit()
  }

  grow() {
    const { style, value } = this.textTarget
    const long = value.length > FILLS_THE_FIELD
    this.textTarget.classList.toggle("long", long)
    if (CSS.supports("field-sizing", "content")) return
    style.height = "auto"
    if (!long) style.height = `${this.textTarget.scrollHeight}px`
  }

  submit(/** @type {Event} */ event) {
    if (this.#busy) return event.preventDefault()
    this.#busy = this.problemTarget.hidden = refocus = true
    caret = this.textTarget.value.length
  }

  submitted(/** @type {Fired<"turbo:submit-end">} */ { detail }) {
    this.#busy = false
    const asked = isAnswer(detail)
    if (asked && !detail.fetchResponse?.redirected) this.#goOn()
    this.dispatch(asked ? "asked" : "refused")
  }

  answered(/** @type {Fired<"turbo:before-fetch-response">} */ event) {
    const { statusCode } = event.detail.fetchResponse
    if (statusCode >= 500 || REFUSED.includes(statusCode)) this.failed(event)
  }

  failed(/** @type {Event} */ event) {
    event.preventDefault()
    this.problemTarget.hidden = refocus = false
  }

  // What was said of one question is not said of the next.
  #goOn() {
    for (const each of this.onceTargets) each.remove()
    this.textTarget.removeAttribute("aria-invalid")
    this.textTarget.focus({ preventScroll: true })
    refocus = false
  }
}
