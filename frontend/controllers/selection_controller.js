import { controller } from "../stimulus.js"

/** Says how many conversations are selected; the boxes are in the lists, and belong to this form. */
export default class extends controller({
  targets: { count: HTMLElement },
  values: { words: String },
  element: HTMLFormElement,
}) {
  connect() {
    this.count()
  }

  count() {
    const { length } = this.#selected
    this.countTarget.textContent = this.wordsValue.replace("{count}", String(length))
    for (const button of this.element.querySelectorAll("button")) button.disabled = length === 0
  }

  done(/** @type {Fired<"turbo:submit-end">} */ { detail: { success } }) {
    if (!success) return
    for (const box of this.#selected) box.checked = false
    this.count()
  }

  get #selected() {
    const fields = /** @type {HTMLInputElement[]} */ ([...this.element.elements])
    return fields.filter(({ name, checked }) => name === "conversation" && checked)
  }
}
