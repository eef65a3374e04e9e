import { controller } from "../stimulus.js"
import { reload, visit } from "../turbo.js"

/** The Edit button takes a question back into the composer, the up arrow in an empty composer the last one. */
export default class extends controller({
  targets: { text: HTMLTextAreaElement, question: HTMLInputElement, note: HTMLElement },
}) {
  #draft = ""
  #stale = false
  #isPage = false

  // The server's page of an edited question, or its answer to one that was refused.
  questionTargetConnected(/** @type {HTMLInputElement} */ question) {
    this.#isPage = Boolean(question.value)
  }

  begin(/** @type {KeyboardEvent} */ event) {
    if (this.textTarget.value || event.isComposing) return
    this.#begin(event, [...document.querySelectorAll('#transcript [data-role="user"]')].at(-1))
  }

  chosen(/** @type {On<MouseEvent>} */ event) {
    if (event.ctrlKey || event.metaKey) return
    this.#begin(event, event.target.closest("[data-edit]")?.closest("[data-message]"))
  }

  cancel(/** @type {Event} */ event) {
    if (!this.#editing) return
    if (this.#isPage) return this.#leave()
    this.#edit(event, "", this.#draft)
    if (this.#stale) reload()
    this.#stale = false
  }

  // What was sent is taken out of the composer; what was typed there before stays.
  asked() {
    if (!this.#editing) return
    if (this.#isPage) return this.#leave()
    this.textTarget.value += this.#draft
    this.questionTarget.value = ""
    this.noteTarget.hidden = true
    this.#stale = false
  }

  // Another tab may make the page load again at any time, with the question as it was; that waits for the end of this.
  keep(/** @type {On} */ event) {
    if (!this.#editing || event.target.getAttribute("action") !== "refresh") return
    event.preventDefault()
    this.#stale = true
  }

  // With files, also those of the draft, which are not the question's, it takes a page of the server's.
  #begin(/** @type {Event} */ event, /** @type {HTMLElement | null | undefined} */ message) {
    if (!message || !this.hasQuestionTarget || this.textTarget.form?.ariaBusy) return
    if (message.querySelector(".files") || this.element.querySelector("#attachments > *")) {
      if (event.type === "keydown") message.querySelector("[data-edit]")?.click()
      return
    }
    if (!this.#editing) this.#draft = this.textTarget.value
    this.#edit(event, message.dataset.message, message.querySelector("[data-body]")?.textContent)
  }

  // The draft is on the conversation's own page.
  #leave() {
    visit(location.pathname, { action: "replace" })
  }

  get #editing() {
    return this.hasQuestionTarget && this.questionTarget.value
  }

  #edit(/** @type {Event} */ event, question = "", text = "") {
    event.preventDefault()
    this.questionTarget.value = question
    this.noteTarget.hidden = !question
    this.textTarget.value = text
    this.textTarget.focus()
    this.textTarget.dispatchEvent(new Event("input", { bubbles: true }))
  }
}
