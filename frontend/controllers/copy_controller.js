import { copyText } from "../clipboard.js"
import { controller } from "../stimulus.js"
import { blockOf } from "./code_controller.js"

const SHOWN_FOR = 2_000

/** A button that copies: a `text`, what `url` answers, or the code block that it belongs to. */
export default class extends controller({ values: { text: String, url: String } }) {
  #timer = 0

  disconnect() {
    clearTimeout(this.#timer)
    delete this.element.dataset.copied
  }

  async copy() {
    const text = this.textValue || (this.urlValue ? this.#source() : blockOf(this.element).textContent)
    const done = copyText(text).then(() => true)
    const copied = await done.catch(() => false)
    this.element.dataset.copied = String(copied)
    this.dispatch(copied ? "done" : "failed")
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => delete this.element.dataset.copied, SHOWN_FOR)
  }

  async #source() {
    const response = await fetch(this.urlValue)
    if (!response.ok) throw new Error(response.statusText)
    return response.text()
  }
}
