import { Controller } from "@hotwired/stimulus"

// The version that is to have the focus on the next page, the button, and where it was in the window.
let chosen

/** The arrows between versions: the next version stands where the last one was, and the same arrow has the focus. */
export default class extends Controller {
  static values = { message: String }

  // Lifecycle

  connect() {
    if (chosen?.message === this.messageValue && !document.documentElement.hasAttribute("data-turbo-preview"))
      this.#arrive()
  }

  // Actions

  leave({ submitter }) {
    this.#choose(submitter.value, submitter)
  }

  // Another tab may make the page load again at any time.
  keep() {
    if (!chosen && this.element.contains(document.activeElement))
      this.#choose(this.messageValue, document.activeElement)
  }

  // Private

  #choose(message, button) {
    chosen = { message, place: this.#buttons.indexOf(button), top: this.element.getBoundingClientRect().top }
  }

  #arrive() {
    const { place, top } = chosen
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
