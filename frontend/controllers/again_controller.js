import { controller } from "../stimulus.js"

const PAUSE = 1000

/** A link to what is not there yet: it is followed by itself, once, and what comes may bring another. */
export default class extends controller() {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer

  connect() {
    this.#timer = setTimeout(() => this.element.click(), PAUSE)
  }

  disconnect() {
    clearTimeout(this.#timer)
  }
}
