import { Controller } from "@hotwired/stimulus"
import { copyText } from "../clipboard.js"

const SHOWN_FOR = 2_000

/** A button that copies: a `text`, what `url` answers, or the code block that it belongs to. */
export default class extends Controller {
  static values = { text: String, url: String }
  #timer

  // Lifecycle

  disconnect() {
    clearTimeout(this.#timer)
    delete this.element.dataset.copied
  }

  // Actions

  async copy() {
    const copied = await copyText(this.textValue || (this.urlValue ? this.#source() : this.#code)).then(
      () => true,
      () => false,
    )
    this.element.dataset.copied = copied
    this.dispatch(copied ? "done" : "failed")
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => delete this.element.dataset.copied, SHOWN_FOR)
  }

  // Private

  async #source() {
    const response = await fetch(this.urlValue)
    if (!response.ok) throw new Error(response.statusText)
    return response.text()
  }

  get #code() {
    return this.element.closest("[data-tools]").nextElementSibling.textContent
  }
}
