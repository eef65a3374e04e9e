import { controller } from "../stimulus.js"

const ROWS = "button[name=model]"
// A field that has the focus brings up the keyboard of a phone.
const isDesk = () => matchMedia("(hover: hover)").matches

/** The list of models: it opens beside its button, is gone through by keys, and what is chosen is put into place. */
export default class extends controller({
  targets: { sheet: HTMLElement, text: HTMLInputElement, again: HTMLInputElement, select: HTMLSelectElement },
}) {
  open(/** @type {On} */ event) {
    event.preventDefault()
    const { currentTarget } = event
    const asked = new URL(currentTarget.getAttribute("href") ?? "", document.baseURI).searchParams
    this.#choosesFor(asked.get("again") ?? "")
    this.textTarget.value = ""
    this.textTarget.form?.requestSubmit()
    this.sheetTarget.showPopover({ source: currentTarget })
    const field = isDesk() ? this.textTarget : this.sheetTarget
    field.focus({ preventScroll: true })
  }

  /** Forget the list when another message, or the conversation itself, is chosen for: its rows would be sent there. */
  #choosesFor(/** @type {string} */ again) {
    if (!this.hasAgainTarget || this.againTarget.value === again) return
    this.againTarget.value = again
    this.sheetTarget.querySelector("turbo-frame")?.replaceChildren()
  }

  key(/** @type {On<KeyboardEvent>} */ event) {
    const { key, target } = event
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return
    const rows = /** @type {NodeListOf<HTMLElement>} */ (this.sheetTarget.querySelectorAll(ROWS))
    const at = [...rows].findIndex((row) => row.parentElement?.contains(target))
    const moves = { ArrowDown: rows[at + 1], ArrowUp: rows[at - 1] ?? this.textTarget }
    const ends = target === this.textTarget ? {} : { Home: rows[0], End: rows[rows.length - 1] }
    const next = new Map(Object.entries({ ...moves, ...ends })).get(key)
    if (next || (key === "Enter" && this.#isFound(target))) event.preventDefault()
    if (next) next.focus()
    else if (event.defaultPrevented) rows[0]?.click()
    else if (key.length === 1 && key !== " ") this.textTarget.focus()
  }

  /** On the page of a new conversation, the choice waits in its form. */
  chosen(/** @type {On} */ event) {
    const row = /** @type {HTMLButtonElement?} */ (event.target.closest(ROWS))
    if (!row || !this.hasSelectTarget) return
    event.preventDefault()
    const { selectTarget: select } = this
    const known = [...select.options].some(({ value }) => value === row.value)
    if (!known) select.add(new Option(row.querySelector("bdi")?.textContent ?? "", row.value))
    select.value = row.value
    for (const name of ["input", "change"]) select.dispatchEvent(new Event(name, { bubbles: true }))
    this.sheetTarget.hidePopover()
    select.focus()
  }

  sent(/** @type {Fired<"turbo:submit-end">} */ { detail: { success, formSubmission } }) {
    if (!success || formSubmission.submitter?.getAttribute("name") !== "model") return
    this.sheetTarget.hidePopover()
    if (isDesk()) this.element.querySelector("[data-composer] textarea")?.focus({ preventScroll: true })
  }

  #isFound(/** @type {EventTarget} */ target) {
    const { value } = this.textTarget
    const shown = /** @type {HTMLInputElement?} */ (this.sheetTarget.querySelector("[type=hidden][name=q]"))
    return target === this.textTarget && value !== "" && shown?.value === value
  }
}
