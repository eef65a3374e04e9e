import { Controller } from "@hotwired/stimulus"

/** Keeps what was chosen and not saved when something elsewhere asks for the page to be loaded again. */
export default class extends Controller {
  #changed = false

  // Actions

  changed() {
    this.#changed = true
  }

  keep(event) {
    if (this.#changed && event.target.getAttribute("action") === "refresh") event.preventDefault()
  }
}
