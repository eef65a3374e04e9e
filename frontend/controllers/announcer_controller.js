import { Controller } from "@hotwired/stimulus"

const UNSETTLED = ["pending", "streaming"]

/** Tells people who listen that an answer has begun and how it ended, each once; never its words. */
export default class extends Controller {
  static values = { answering: String, done: String, stopped: String, failed: String, interrupted: String, copied: String, notCopied: String }

  // Actions

  upserted({ target: { dataset }, detail: { from } }) {
    if (dataset.role !== "assistant") return
    const begins = UNSETTLED.includes(dataset.status)
    const began = UNSETTLED.includes(from)
    if (begins !== began || !from) this.#say(begins ? this.answeringValue : this[`${dataset.status}Value`])
  }

  copied() {
    this.#say(this.copiedValue)
  }

  notCopied() {
    this.#say(this.notCopiedValue)
  }

  // Private

  #say(sentence) {
    this.element.textContent = sentence
  }
}
