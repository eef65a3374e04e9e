import { Later } from "../later.js"
import { controller } from "../stimulus.js"

const QUIET = 200

/** Looks for what is typed as it is typed, and tells people who use screen readers how much was found. */
export default class extends controller({ targets: { form: HTMLFormElement, status: HTMLElement } }) {
  #asking = new Later(QUIET, () => this.formTarget.requestSubmit())

  disconnect() {
    this.#asking.forget()
  }

  typed(/** @type {InputEvent} */ event) {
    if (!event.isComposing) this.#asking.ask()
  }

  sent() {
    this.#asking.forget()
  }

  loaded(/** @type {On} */ { target }) {
    if (target.matches(".more")) return
    this.statusTarget.textContent = target.querySelector("[data-summary]")?.textContent ?? ""
  }
}
