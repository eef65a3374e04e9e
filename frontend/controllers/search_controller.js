import { Controller } from "@hotwired/stimulus"
import { Later } from "../later.js"

const QUIET = 200

/** Looks for what is typed as it is typed, and tells people who listen how much was found. */
export default class extends Controller {
  static targets = ["form", "status"]
  #asking = new Later(QUIET, () => this.formTarget.requestSubmit())

  // Lifecycle

  disconnect() {
    this.#asking.forget()
  }

  // Actions

  typed(event) {
    if (!event.isComposing) this.#asking.ask()
  }

  sent() {
    this.#asking.forget()
  }

  loaded({ target }) {
    if (target.id === "results") this.statusTarget.textContent = target.querySelector("[data-said]")?.textContent ?? ""
  }
}
