import { Controller } from "@hotwired/stimulus"

/** Lies above everything, an open sidebar included, and goes away when there is nothing to bring back any more. */
export default class extends Controller {
  static values = { seconds: Number }
  #timer

  // Lifecycle

  connect() {
    const all = this.element.parentElement
    all.popover = "manual"
    if (all.matches(":popover-open")) all.hidePopover()
    all.showPopover()
    this.#timer = setTimeout(() => this.element.remove(), this.secondsValue * 1_000)
  }

  disconnect() {
    clearTimeout(this.#timer)
  }
}
