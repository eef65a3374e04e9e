import { hasCookie, keepCookie } from "../cookies.js"
import { nameOf } from "../keys.js"
import { controller } from "../stimulus.js"

const TAKES_TEXT = "input, textarea, select, [contenteditable]"
const SINGLE = "parley_single_keys"

/** A key presses the last element on the page that names it in data-keys; fields are focused. */
export default class extends controller({ targets: { sheet: HTMLDialogElement, single: HTMLInputElement } }) {
  singleTargetConnected(/** @type {HTMLInputElement} */ box) {
    box.checked = !hasCookie(SINGLE, "off")
  }

  key(/** @type {On<KeyboardEvent>} */ event) {
    if (event.defaultPrevented || event.isComposing || event.repeat || !this.#means(event)) return
    const name = nameOf(event)
    const element = [...document.querySelectorAll("[data-keys]")].findLast(({ dataset }) => dataset.keys === name)
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

  choose(/** @type {On<Event, HTMLInputElement>} */ { currentTarget: { checked } }) {
    keepCookie(SINGLE, checked ? "on" : "off")
  }

  #means(/** @type {On<KeyboardEvent>} */ { ctrlKey, metaKey, target }) {
    if (this.hasSheetTarget && this.sheetTarget.open) return false
    return ctrlKey || metaKey || (!target.closest?.(TAKES_TEXT) && !hasCookie(SINGLE, "off"))
  }
}
