import { Controller } from "@hotwired/stimulus"

/** An answer may name an image of another host: a link, until somebody clicks it. Nothing is asked for before. */
export default class extends Controller {
  static values = { failed: String }

  // Actions

  /** A click with a modifier, one on an image that is shown or has failed, and one in a running answer follow the link. */
  load(event) {
    const link = event.target.closest("a.image")
    const plain = !(event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
    if (!link || !plain || "image" in link.dataset || link.protocol !== "https:" || link.closest("parley-reply")) return
    event.preventDefault()
    this.#show(link)
  }

  // Private

  #show(link) {
    const image = Object.assign(new Image(), { alt: link.textContent, referrerPolicy: "no-referrer", decoding: "async" })
    link.dataset.image = "loading"
    image.onload = () => {
      link.dataset.image = "shown"
      link.replaceChildren(image)
    }
    image.onerror = () => this.#fail(link)
    image.src = link.href
  }

  #fail(link) {
    link.dataset.image = "failed"
    const sentence = Object.assign(document.createElement("span"), { className: "hint", textContent: ` ${this.failedValue}` })
    sentence.role = "alert"
    link.after(sentence)
  }
}
