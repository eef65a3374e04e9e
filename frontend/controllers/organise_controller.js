import { NOBODY } from "../page.js"
import { controller } from "../stimulus.js"

const KIND = "application/x-parley-conversation"

/** A row that is dragged onto a folder moves into it; dragged to the list below, out of it. */
export default class extends controller({ targets: { form: HTMLFormElement, into: HTMLInputElement } }) {
  begin(/** @type {Dragged} */ { target, dataTransfer }) {
    const box = /** @type {HTMLInputElement?} */ (target.closest?.(".entry")?.querySelector("input"))
    if (!box) return
    dataTransfer.setData(KIND, box.value)
    dataTransfer.effectAllowed = "copyMove"
    this.element.dataset.dragging = ""
  }

  end() {
    delete this.element.dataset.dragging
    this.#mark(null)
  }

  over(/** @type {Dragged} */ event) {
    const folder = folderOf(event)
    if (folder) event.preventDefault()
    this.#mark(folder)
  }

  drop(/** @type {Dragged} */ event) {
    const folder = folderOf(event)
    if (!folder) return
    event.preventDefault()
    this.formTarget.action = String(this.formTarget.dataset.address).replace(NOBODY, event.dataTransfer.getData(KIND))
    this.intoTarget.value = folder.dataset.folder ?? ""
    this.formTarget.requestSubmit()
    this.end()
  }

  #mark(/** @type {HTMLElement?} */ folder) {
    this.element.querySelector("[data-over]")?.removeAttribute("data-over")
    folder?.setAttribute("data-over", "")
  }
}

function folderOf(/** @type {Dragged} */ { target, dataTransfer }) {
  return dataTransfer.types.includes(KIND) ? target.closest("[data-folder]") : null
}

/** @typedef {On<DragEvent> & { dataTransfer: DataTransfer }} Dragged */
