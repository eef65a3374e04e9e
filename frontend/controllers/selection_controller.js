import { Controller } from "@hotwired/stimulus"

/** Says how many conversations are selected; the boxes are in the lists, and belong to this form. */
export default class extends Controller {
  static targets = ["count"]
  static values = { words: String }

  // Lifecycle

  connect() {
    this.count()
  }

  // Actions

  count() {
    const { length } = this.#selected
    this.countTarget.textContent = this.wordsValue.replace("{count}", length)
    for (const button of this.element.querySelectorAll("button")) button.disabled = length === 0
  }

  done({ detail: { success } }) {
    if (!success) return
    for (const box of this.#selected) box.checked = false
    this.count()
  }

  // Private

  get #selected() {
    return [...this.element.elements].filter((box) => box.name === "conversation" && box.checked)
  }
}
