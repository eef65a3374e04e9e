import { controller } from "../stimulus.js"

const NOTICED_AFTER = 2_000

/** Says that the page is reconnecting, or that it asks now and then instead, once that has taken a while. */
export default class extends controller() {
  #timer = 0

  connect() {
    if (this.element.textContent) this.#show()
  }

  disconnect() {
    clearTimeout(this.#timer)
    this.#timer = 0
  }

  // The sentences are values of the element: data-connection-down-value.
  update(/** @type {Fired<"parley:connection">} */ { detail: { state } }) {
    this.element.textContent = this.data.get(`${state}-value`)
    if (state !== "up") return this.#show()
    this.disconnect()
    this.element.hidden = true
  }

  #show() {
    this.#timer ||= setTimeout(() => (this.element.hidden = false), NOTICED_AFTER)
  }
}
