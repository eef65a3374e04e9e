import { Chip, chips } from "../chip.js"
import { renewToken } from "../csrf.js"
import { meta, newKey } from "../page.js"
import { controller } from "../stimulus.js"
import { filesOf, post, readable, Uploads } from "../upload.js"

const FORBIDDEN = 403

const queue = new Uploads()

/** What each upload of this tab was chosen for, by its key. @type {Map<string | undefined, string>} */
const begun = new Map()

/** Keys of uploads that were taken out; the server may have them all the same. @type {Set<string | undefined>} */
const removed = new Set()

/** The files of the next question: chosen, dropped anywhere on the page, or pasted; each has a chip. */
export default class extends controller({
  targets: {
    form: HTMLFormElement,
    list: HTMLElement,
    chip: HTMLTemplateElement,
    choose: HTMLElement,
    problem: HTMLElement,
    status: HTMLElement,
  },
  values: { url: String, conversation: String, most: Number, largest: Number },
}) {
  /** @type {string[]} */
  #asked = []

  // Without scripts the form takes the files itself.
  formTargetConnected(/** @type {HTMLFormElement} */ form) {
    form.enctype = "application/x-www-form-urlencoded"
  }

  listTargetConnected(/** @type {HTMLElement} */ list) {
    for (const { draft, element } of chips.values()) if (draft === this.#draft) list.append(element)
    for (const element of list.querySelectorAll("li")) this.#arrived(element)
  }

  chosen(/** @type {On<Event, HTMLInputElement>} */ { target }) {
    this.#add([...(target.files ?? [])])
    target.value = ""
  }

  over(/** @type {DragEvent} */ event) {
    if (!event.dataTransfer?.types.includes("Files")) return
    event.preventDefault()
    event.dataTransfer.dropEffect = "copy"
    this.formTarget.toggleAttribute("data-over", event.type !== "drop")
    if (event.type === "drop") this.#add(filesOf(event.dataTransfer))
  }

  left(/** @type {DragEvent} */ { relatedTarget }) {
    if (!relatedTarget) this.formTarget.toggleAttribute("data-over", false)
  }

  pasted(/** @type {ClipboardEvent} */ event) {
    const files = filesOf(event.clipboardData)
    if (files.length) event.preventDefault()
    this.#add(files)
  }

  /** A question waits for its files, and does not go without one that could not be sent. */
  hold(/** @type {Event} */ event) {
    const failed = this.listTarget.querySelector('[data-state="failed"]')
    const waits = this.#areUnderWay
    this.#asked = [...this.listTarget.children].map(({ id }) => id)
    this.formTarget.toggleAttribute("data-waits", waits)
    this.#say(failed && !waits ? "unsent" : "")
    if (!failed && !waits) return
    event.preventDefault()
    event.stopImmediatePropagation()
    if (!waits) failed?.querySelector("button")?.focus()
  }

  release() {
    this.formTarget.toggleAttribute("data-waits", false)
  }

  asked() {
    for (const id of this.#asked) document.getElementById(id)?.remove()
  }

  /** A chip has another state, here or in its row. */
  changed(/** @type {On} */ { target }) {
    if (target.matches("li")) this.#arrived(target)
    const said = target.matches("li") ? [...target.querySelectorAll(".name, .state, .told")] : []
    const words = said.map(({ textContent }) => textContent?.trim())
    this.statusTarget.textContent = words.filter(Boolean).join(": ")
    if (this.#areUnderWay || !this.formTarget.hasAttribute("data-waits")) return
    this.release()
    this.formTarget.requestSubmit()
  }

  again(/** @type {On} */ { target }) {
    const chip = chips.get(target.closest("li"))
    if (chip?.state === "failed") queue.add(chip)
  }

  /** The server takes out its own chips; those of a question that is edited stay with it. */
  removed(/** @type {On} */ { target }) {
    const element = target.closest("li")
    this.chooseTarget.focus({ preventScroll: true })
    this.dispatch("changed")
    removed.add(chips.get(element)?.key)
    chips.get(element)?.cancel()
    if (element && "edited" in element.dataset) element.remove()
  }

  // A tab may be another person's next, and a question that is edited has files of its own.
  get #draft() {
    return `${meta("parley-person")} ${this.conversationValue} ${this.#edited}`
  }

  get #edited() {
    return this.formTarget.querySelector("input[name=editing]")?.getAttribute("value") ?? ""
  }

  get #areUnderWay() {
    return [...this.listTarget.children].some((element) => chips.get(element)?.isUnderWay)
  }

  // The sentences are values of the element: data-attachments-unsent-value.
  #words = (/** @type {string} */ state) => this.data.get(`${state}-value`) ?? ""

  #say(/** @type {string} */ what) {
    this.problemTarget.textContent = this.#words(what)
    this.problemTarget.hidden = !what
  }

  // The feed may bring what is sent before the answer does.
  #arrived(/** @type {HTMLElement} */ element) {
    const { key } = element.dataset
    if (!key) return
    if (this.#edited && begun.get(key) !== this.#draft) return element.remove()
    const remove = /** @type {HTMLElement} */ (element.lastElementChild)
    const upload = [...chips.values()].find((chip) => chip.key === key)
    const focused = upload?.element.contains(document.activeElement)
    upload?.cancel()
    if (focused) remove.focus()
    if (removed.delete(key)) remove.click()
  }

  #add(/** @type {File[]} */ files) {
    const room = Math.max(0, this.mostValue - this.listTarget.children.length)
    this.#say(files.length > room ? "many" : "")
    for (const file of files.slice(0, room)) this.#begin(file)
    if (files.length) this.dispatch("changed")
  }

  #begin(/** @type {File} */ file) {
    const key = newKey()
    begun.set(key, this.#draft)
    const composer = { template: this.chipTarget, draft: this.#draft, key, words: this.#words }
    const chip = new Chip(composer, file, this.#sender(file, key))
    this.listTarget.append(chip.element)
    if (file.size > this.largestValue) chip.refuse(this.#words("large"))
    else queue.add(chip)
  }

  /** @param {File} file @param {string} key @returns {Send} */
  #sender(file, key) {
    const { urlValue: url, conversationValue: conversation } = this
    return async (progressed, signal) => {
      const body = new FormData()
      for (const [name, value] of Object.entries({ key, conversation })) body.set(name, value)
      body.set("file", await readable(file))
      const headers = { Accept: "text/vnd.turbo-stream.html", "X-CSRFToken": meta("csrf-token") }
      const answer = await post(url, body, headers, progressed, signal)
      if (answer.status === FORBIDDEN) await renewToken()
      return answer
    }
  }
}
