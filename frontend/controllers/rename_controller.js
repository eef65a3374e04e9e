import { Controller } from "@hotwired/stimulus"

/** A title being edited where it stands: Enter and leaving it keep the new one, Esc the old one. */
export default class extends Controller {
  static targets = ["field"]
  #sent = false

  // Lifecycle

  fieldTargetConnected(field) {
    if (!this.element.parentElement.matches(".entry, .head")) return
    field.focus({ preventScroll: true })
    field.select()
  }

  // Actions

  sending() {
    this.#sent = true
  }

  cancel(event) {
    if (!this.element.parentElement.matches(".entry, .head")) return
    event.preventDefault()
    this.#giveUp()
  }

  left({ relatedTarget }) {
    const { value, defaultValue } = this.fieldTarget
    if (this.#sent || this.element.contains(relatedTarget) || !this.element.matches(".entry > *, .head > *")) return
    if (value.trim() && value !== defaultValue) this.element.requestSubmit()
    else this.#giveUp()
  }

  // Private

  #giveUp() {
    this.#sent = true
    const beside = this.element.parentElement.querySelector("a, button")
    this.element.remove()
    if (document.activeElement === document.body) beside?.focus({ preventScroll: true })
  }
}
