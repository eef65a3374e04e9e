import { controller } from "../stimulus.js"

/** Keeps what was chosen and not saved when something elsewhere asks for the page to be loaded again. */
export default class extends controller() {
  #changed = false

  changed() {
    this.#changed = true
  }

  keep(/** @type {On} */ event) {
    if (this.#changed && event.target.getAttribute("action") === "refresh") event.preventDefault()
  }
}
