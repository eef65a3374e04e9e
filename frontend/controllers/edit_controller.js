import { controller } from "../stimulus.js"

/** The Edit button takes a question back into the composer, the up arrow in an empty composer the last one. */
export default class extends controller({
  targets: { text: HTMLTextAreaElement, question: HTMLInputElement, note: HTMLElement },
}) {
  begin(/** @type {KeyboardEvent} */ event) {
    if (this.textTarget.value || event.isComposing) return
    this.#begin(event, [...document.querySelectorAll('#transcript [data-role="user"]')].at(-1))
  }

  chosen(/** @type {On<MouseEvent>} */ event) {
    if (event.ctrlKey || event.metaKey) return
    this.#begin(event, event.target.closest("[data-edit]")?.closest("[data-message]"))
  }

  cancel(/** @type {Event} */ event) {
    if (this.hasQuestionTarget && this.questionTarget.value) this.#edit(event)
  }

  asked() {
    for (const question of this.questionTargets) question.value = ""
    for (const note of this.noteTargets) note.hidden = true
  }

  #begin(/** @type {Event} */ event, /** @type {HTMLElement | null | undefined} */ message) {
    if (!message || !this.hasQuestionTarget) return
    this.#edit(event, message.dataset.message, message.querySelector("[data-body]")?.textContent)
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
