import { controller } from "../stimulus.js"

/**
 * The version that is to have the focus on the next page, the place of the button, and where it was in the window.
 * @type {{ message: string, place: number, top: number } | undefined}
 */
let chosen

/** The arrows between versions: the next version stands where the last one was, and the same arrow has the focus. */
export default class extends controller({ values: { message: String } }) {
  connect() {
    if (document.documentElement.hasAttribute("data-turbo-preview")) return
    if (chosen?.message === this.messageValue) this.#arrive(chosen)
  }

  leave(/** @type {SubmitEvent & { submitter: HTMLButtonElement }} */ { submitter }) {
    this.#choose(submitter.value, submitter)
  }

  // Another tab may make the page load again at any time.
  keep() {
    if (!chosen && this.element.contains(document.activeElement))
      this.#choose(this.messageValue, document.activeElement)
  }

  #choose(/** @type {string} */ message, /** @type {Element?} */ button) {
    const place = this.#buttons.indexOf(/** @type {HTMLButtonElement} */ (button))
    chosen = { message, place, top: this.element.getBoundingClientRect().top }
  }

  #arrive(/** @type {NonNullable<typeof chosen>} */ { place, top }) {
    chosen = undefined
    this.element.closest("[data-found]")?.removeAttribute("data-found")
    this.#buttons[place]?.focus({ preventScroll: true })
    requestAnimationFrame(() =>
      window.scrollBy({ top: this.element.getBoundingClientRect().top - top, behavior: "instant" }),
    )
  }

  get #buttons() {
    return [...this.element.querySelectorAll("button")]
  }
}
