import { Controller } from "@hotwired/stimulus"

const NOBODY = "00000000-0000-0000-0000-000000000000"

/** An answer may name an image of another host: a link, until somebody clicks it. Nothing is asked for before. */
export default class extends Controller {
  static values = { failed: String, address: String }

  // Actions

  /** A click with a modifier, on an image that is shown or has failed, or in a running answer follows the link. */
  load(event) {
    const link = event.target.closest("a.image")
    const plain = !(event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
    if (!link || !plain || "image" in link.dataset || link.protocol !== "https:" || link.closest("parley-reply")) return
    event.preventDefault()
    this.#show(link)
  }

  // Private

  // In a frame of its own, whose policy lets in this host; that of the page does not.
  #show(link) {
    const frame = Object.assign(document.createElement("iframe"), {
      title: link.textContent,
      className: "image",
      tabIndex: -1,
      hidden: true,
    })
    link.dataset.image = "loading"
    frame.onload = () => this.#loaded(link, frame)
    const address = this.addressValue.replace(NOBODY, link.closest("[data-message]").dataset.message)
    frame.src = `${address}?url=${encodeURIComponent(link.getAttribute("href"))}`
    link.after(frame)
  }

  #loaded(link, frame) {
    const { naturalWidth: width, naturalHeight: height } = frame.contentDocument?.querySelector("img") ?? {}
    if (!width) return this.#fail(link, frame)
    link.dataset.image = "shown"
    frame.style.inlineSize = `${width}px`
    frame.style.aspectRatio = `${width} / ${height}`
    frame.hidden = false
  }

  #fail(link, frame) {
    link.dataset.image = "failed"
    const sentence = Object.assign(document.createElement("span"), {
      className: "hint",
      textContent: ` ${this.failedValue}`,
    })
    sentence.role = "alert"
    frame.replaceWith(sentence)
  }
}
