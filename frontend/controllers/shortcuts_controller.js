import { Controller } from "@hotwired/stimulus"
import { nameOf } from "../keys.js"
import { ofSite } from "../storage.js"

const TAKES_TEXT = "input, textarea, select, [contenteditable]"
const OFF = "parley-single-keys-off"

/** A key presses the last element on the page that names it in data-keys; fields are focused. */
export default class extends Controller {
  static targets = ["sheet", "single"]

  // Lifecycle

  singleTargetConnected(box) {
    box.checked = !ofSite.get(OFF)
  }

  // Actions

  key(event) {
    if (event.defaultPrevented || event.isComposing || event.repeat || !this.#means(event)) return
    const element = [...document.querySelectorAll("[data-keys]")].findLast(
      ({ dataset }) => dataset.keys === nameOf(event),
    )
    if (!element) return
    event.preventDefault()
    if (element.matches(TAKES_TEXT)) element.focus()
    else element.click()
  }

  show() {
    if (!this.sheetTarget.open) this.sheetTarget.showModal()
  }

  hide() {
    if (this.hasSheetTarget) this.sheetTarget.close()
  }

  choose({ currentTarget: { checked } }) {
    if (checked) ofSite.remove(OFF)
    else ofSite.set(OFF, "1")
  }

  // Private

  #means({ ctrlKey, metaKey, target }) {
    if (this.hasSheetTarget && this.sheetTarget.open) return false
    return ctrlKey || metaKey || (!target.closest?.(TAKES_TEXT) && !ofSite.get(OFF))
  }
}
