import { controller } from "../stimulus.js"

/** A title being edited where it stands: Enter and leaving it keep the new one, Esc the old one. */
export default class extends controller({ targets: { field: HTMLInputElement }, element: HTMLFormElement }) {
  #sent = false

  fieldTargetConnected(/** @type {HTMLInputElement} */ field) {
    if (!this.#inPlace) return
    field.focus({ preventScroll: true })
    field.select()
  }

  sending() {
    this.#sent = true
  }

  cancel(/** @type {Event} */ event) {
    if (!this.#inPlace) return
    event.preventDefault()
    this.#giveUp()
  }

  left(/** @type {FocusEvent & { relatedTarget: Node? }} */ { relatedTarget }) {
    const { value, defaultValue } = this.fieldTarget
    if (this.#sent || this.element.contains(relatedTarget) || !this.#inPlace) return
    if (value.trim() && value !== defaultValue) this.element.requestSubmit()
    else this.#giveUp()
  }

  // On the page of one conversation there is nothing beside it.
  get #inPlace() {
    return this.element.matches(".entry > *, .head > *")
  }

  #giveUp() {
    this.#sent = true
    const beside = this.element.parentElement?.querySelector("a, button")
    this.element.remove()
    if (document.activeElement === document.body) beside?.focus({ preventScroll: true })
  }
}
