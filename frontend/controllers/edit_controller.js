import { Controller } from "@hotwired/stimulus"

/** The Edit button takes a question back into the composer, the up arrow in an empty composer the last one. */
export default class extends Controller {
  static targets = ["text", "question", "note"]

  // Actions

  begin(event) {
    if (!this.hasQuestionTarget || this.textTarget.value || event.isComposing) return
    const last = [...document.querySelectorAll('#transcript [data-role="user"]')].at(-1)
    if (!last) return
    event.preventDefault()
    this.#begin(last)
  }

  chosen(event) {
    if (!this.hasQuestionTarget || !event.target.closest("[data-edit]") || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    this.#begin(event.target.closest("[data-message]"))
  }

  cancel(event) {
    if (!this.hasQuestionTarget || !this.questionTarget.value) return
    event.preventDefault()
    this.#edit("", "")
  }

  // Private

  #begin(message) {
    this.#edit(message.dataset.message, message.querySelector("[data-body]").textContent)
  }

  #edit(question, text) {
    this.questionTarget.value = question
    this.noteTarget.hidden = !question
    this.textTarget.value = text
    this.textTarget.focus()
    this.textTarget.dispatchEvent(new Event("input", { bubbles: true }))
  }
}
