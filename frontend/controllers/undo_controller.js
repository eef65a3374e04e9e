import { controller } from "../stimulus.js"

/** Lies above everything, an open sidebar included, and goes away when there is nothing to bring back any more. */
export default class extends controller({ values: { seconds: Number } }) {
  #timer = 0

  connect() {
    const all = /** @type {HTMLElement} */ (this.element.parentElement)
    all.popover = "manual"
    if (all.matches(":popover-open")) all.hidePopover()
    all.showPopover()
    this.#timer = setTimeout(() => this.element.remove(), this.secondsValue * 1_000)
  }

  disconnect() {
    clearTimeout(this.#timer)
  }
}
