import { renderStreamMessage } from "./turbo.js"
import { Upload } from "./upload.js"

const SENTENCE = "text/plain"
const ENDS = ["sent", "cancelled"]
const STREAMS = "html > turbo-stream"

/** @typedef {import("@hotwired/turbo").StreamElement} StreamElement */

/** Those of all composers, which may be replaced meanwhile. @type {Map<Element | null, Chip>} */
export const chips = new Map()

/** A file on its way, as the composer shows it; then the server's chip takes its place. */
export class Chip extends Upload {
  /** @param {{ template: HTMLTemplateElement, draft: string, key: string, words: (state: string) => string }} composer
   * @param {File} file @param {Send} send */
  constructor({ template, draft, key, words }, { name, type }, send) {
    super(send)
    this.draft = draft
    this.key = key
    this.words = words
    this.element = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true))
    this.element.dataset.kind = type.startsWith("image/") ? "picture" : "document"
    this.#fill(".name", name)
    for (const button of this.element.querySelectorAll("button")) button.ariaLabel = `${button.title}: ${name}`
    chips.set(this.element, this)
    this.changed()
  }

  refuse(/** @type {string} */ text) {
    this.settle({ status: 413, type: SENTENCE, text })
  }

  async changed() {
    const { state, progress, answer, element } = this
    const refused = state === "failed" && answer.type.startsWith(SENTENCE)
    Object.assign(element.querySelector("progress") ?? {}, { value: progress })
    if (element.dataset.state === state) return
    Object.assign(element.dataset, { state, refused })
    this.#fill(".state", refused ? answer.text : this.words(state))
    const list = element.parentElement
    if (ENDS.includes(state)) await this.#leave()
    const told = element.isConnected ? element : list
    told?.dispatchEvent(new CustomEvent("parley:upserted", { bubbles: true, detail: {} }))
  }

  async #leave() {
    if (this.state === "sent") await this.#show()
    chips.delete(this.element)
    this.element.remove()
  }

  async #show() {
    renderStreamMessage(this.answer.text)
    const streams = /** @type {NodeListOf<StreamElement>} */ (document.querySelectorAll(STREAMS))
    await Promise.all([...streams].map((stream) => stream.render()))
  }

  #fill(/** @type {string} */ part, /** @type {string} */ text) {
    const element = this.element.querySelector(part)
    if (element) element.textContent = text
  }
}
