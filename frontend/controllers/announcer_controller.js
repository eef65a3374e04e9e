import { controller } from "../stimulus.js"

const UNSETTLED = ["pending", "streaming"]

// The replies that were announced as begun; pages come and go meanwhile.
const begun = new Set()

/** Tells people who use screen readers that an answer has begun and how it ended, each once; never its words. */
export default class extends controller() {
  connect() {
    this.look()
  }

  // A page may come with a reply that is being written.
  look() {
    if (document.documentElement.hasAttribute("data-turbo-preview")) return
    for (const { dataset } of document.querySelectorAll("[data-message][data-role=assistant]")) this.#follow(dataset)
  }

  upserted(/** @type {On<Fired<"parley:upserted">>} */ { target: { dataset }, detail: { from } }) {
    if (dataset.role === "assistant") this.#follow(dataset, !from)
  }

  copied() {
    this.#say("copied")
  }

  notCopied() {
    this.#say("not-copied")
  }

  #follow(/** @type {DOMStringMap} */ { message, status = "" }, isNew = false) {
    const begins = UNSETTLED.includes(status)
    if (begins ? begun.has(message) : !begun.delete(message) && !isNew) return
    if (begins) begun.add(message)
    this.#say(begins ? "answering" : status)
  }

  // The sentences are values of the element: data-announcer-done-value.
  #say(/** @type {string} */ what) {
    this.element.textContent = this.data.get(`${what}-value`)
  }
}
