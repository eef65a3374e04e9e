import { Controller } from "@hotwired/stimulus"

const KIND = "application/x-parley-conversation"

/** A row that is dragged onto a folder moves into it; dragged to the list below, out of it. */
export default class extends Controller {
  static targets = ["form", "into"]

  // Actions

  begin({ target, dataTransfer }) {
    const row = target.closest?.(".entry")
    if (!row) return
    dataTransfer.setData(KIND, row.querySelector("input").value)
    dataTransfer.effectAllowed = "copyMove"
    this.element.dataset.dragging = ""
  }

  end() {
    delete this.element.dataset.dragging
    this.#mark(null)
  }

  over(event) {
    const folder = this.#folder(event)
    if (folder) event.preventDefault()
    this.#mark(folder)
  }

  drop(event) {
    const folder = this.#folder(event)
    if (!folder) return
    event.preventDefault()
    const id = event.dataTransfer.getData(KIND)
    this.formTarget.action = this.formTarget.dataset.address.replace("00000000-0000-0000-0000-000000000000", id)
    this.intoTarget.value = folder.dataset.folder
    this.formTarget.requestSubmit()
    this.end()
  }

  // Private

  #folder({ target, dataTransfer }) {
    return dataTransfer.types.includes(KIND) ? target.closest("[data-folder]") : null
  }

  #mark(folder) {
    this.element.querySelector("[data-over]")?.removeAttribute("data-over")
    folder?.setAttribute("data-over", "")
  }
}
