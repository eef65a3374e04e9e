import { controller } from "../stimulus.js"

const UNSETTLED = '[aria-busy="true"] [data-verb="stop"]'
const CLOSES_ON_ESC = ":popover-open, dialog[open]"

/** Stops the answer that is being written: the first one that is not settled. */
export default class extends controller() {
  stop() {
    this.#stop()
    this.element.querySelector("[data-composer] textarea")?.focus({ preventScroll: true })
  }

  key(/** @type {KeyboardEvent} */ event) {
    if (!event.defaultPrevented && !event.isComposing && !document.querySelector(CLOSES_ON_ESC)) this.#stop()
  }

  #stop() {
    const form = /** @type {HTMLFormElement?} */ (this.element.querySelector(UNSETTLED))
    form?.requestSubmit()
  }
}
