import { Controller } from "@hotwired/stimulus"

const NOTICED_AFTER = 2_000

/** Says that the page is reconnecting, or that it asks now and then instead, once that has taken a while. */
export default class extends Controller {
  static values = { down: String, polling: String }
  #timer

  // Lifecycle

  connect() {
    if (this.element.textContent) this.#show()
  }

  disconnect() {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  // Actions

  update({ detail: { state } }) {
    if (state === "up") return this.#hide()
    this.element.textContent = this[`${state}Value`]
    this.#show()
  }

  // Private

  #show() {
    this.#timer ??= setTimeout(() => (this.element.hidden = false), NOTICED_AFTER)
  }

  #hide() {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.element.hidden = true
    this.element.textContent = ""
  }
}
