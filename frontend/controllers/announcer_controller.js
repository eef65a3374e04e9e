import { Controller } from "@hotwired/stimulus"

const UNSETTLED = ["pending", "streaming"]

// The replies that were said to have begun; pages come and go meanwhile.
const begun = new Set()

/** Tells people who listen that an answer has begun and how it ended, each once; never its words. */
export default class extends Controller {
  static values = {
    answering: String,
    done: String,
    stopped: String,
    failed: String,
    interrupted: String,
    copied: String,
    notCopied: String,
  }

  // Lifecycle

  connect() {
    this.look()
  }

  // Actions

  // A page may come with a reply that is being written.
  look() {
    if (document.documentElement.hasAttribute("data-turbo-preview")) return
    for (const { dataset } of document.querySelectorAll("[data-message][data-role=assistant]")) this.#follow(dataset)
  }

  upserted({ target: { dataset }, detail: { from } }) {
    if (dataset.role === "assistant") this.#follow(dataset, !from)
  }

  copied() {
    this.#say(this.copiedValue)
  }

  notCopied() {
    this.#say(this.notCopiedValue)
  }

  // Private

  #follow({ message, status }, isNew = false) {
    const begins = UNSETTLED.includes(status)
    if (begins ? begun.has(message) : !begun.delete(message) && !isNew) return
    if (begins) begun.add(message)
    this.#say(begins ? this.answeringValue : this[`${status}Value`])
  }

  #say(sentence) {
    this.element.textContent = sentence
  }
}
