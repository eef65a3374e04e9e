import { Controller } from "@hotwired/stimulus"

const UNSETTLED = '[aria-busy="true"] [data-verb="stop"]'
const CLOSES_ON_ESC = ":popover-open, dialog[open]"

/** Stops the answer that is being written: the first one that is not settled. */
export default class extends Controller {
  // Actions

  stop() {
    this.element.querySelector(UNSETTLED)?.requestSubmit()
    this.element.querySelector("[data-composer] textarea")?.focus({ preventScroll: true })
  }

  key(event) {
    if (event.defaultPrevented || event.isComposing || document.querySelector(CLOSES_ON_ESC)) return
    this.element.querySelector(UNSETTLED)?.requestSubmit()
  }
}
