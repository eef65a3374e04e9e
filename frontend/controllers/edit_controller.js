import { Controller } from "@hotwired/stimulus"

/** Up arrow in an empty composer takes the last question back into it. */
export default class extends Controller {
  static targets = ["text", "question", "note"]

  // Actions

  begin(event) {
    if (!this.hasQuestionTarget || this.textTarget.value || event.isComposing) return
    const last = [...document.querySelectorAll('#transcript [data-role="user"]')].at(-1)
    if (!last) return
    event.preventDefault()
    this.#edit(last.dataset.message, last.querySelector("[data-body]").textContent)
  }

  cancel(event) {
    if (!this.hasQuestionTarget || !this.questionTarget.value) return
    event.preventDefault()
    this.#edit("", "")
  }

  // Private

  #edit(question, text) {
    this.questionTarget.value = question
    this.noteTarget.hidden = !question
    this.textTarget.value = text
    this.textTarget.focus()
    this.textTarget.dispatchEvent(new Event("input", { bubbles: true }))
  }
}
