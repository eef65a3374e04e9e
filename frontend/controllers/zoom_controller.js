import { controller } from "../stimulus.js"

/** Shows a picture as large as the window has room, above the page. */
export default class extends controller({
  targets: { sheet: HTMLDialogElement, frame: HTMLElement, about: HTMLAnchorElement },
}) {
  open(/** @type {On<MouseEvent, HTMLAnchorElement>} */ event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    const { href: src, dataset, firstElementChild } = event.currentTarget
    const { alt } = /** @type {HTMLImageElement} */ (firstElementChild)
    this.frameTarget.replaceChildren(Object.assign(new Image(), { src, alt }))
    Object.assign(this.aboutTarget, { href: dataset.about, textContent: alt })
    this.sheetTarget.showModal()
  }

  close() {
    this.sheetTarget.close()
  }
}
