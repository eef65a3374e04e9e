import { NOBODY } from "../page.js"
import { controller } from "../stimulus.js"

/** An answer may name an image of another host: a link, until somebody clicks it. Nothing is asked for before. */
export default class extends controller({ values: { failed: String, address: String } }) {
  /** A click with a modifier, on an image that is shown or has failed, or in a running answer follows the link. */
  load(/** @type {On<MouseEvent>} */ event) {
    const link = /** @type {HTMLAnchorElement?} */ (event.target.closest("a.image"))
    const plain = !(event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
    if (!link || !plain || "image" in link.dataset || link.protocol !== "https:" || link.closest("parley-reply")) return
    event.preventDefault()
    this.#show(link)
  }

  // In a frame of its own, whose policy lets in this host; that of the page does not.
  #show(/** @type {HTMLAnchorElement} */ link) {
    const frame = document.createElement("iframe")
    const address = this.addressValue.replace(NOBODY, link.closest("[data-message]")?.dataset.message ?? NOBODY)
    const src = `${address}?url=${encodeURIComponent(link.getAttribute("href") ?? "")}`
    Object.assign(frame, { title: link.textContent, className: "image", tabIndex: -1, hidden: true, src })
    link.dataset.image = "loading"
    frame.onload = () => this.#loaded(link, frame)
    link.after(frame)
  }

  #loaded(/** @type {HTMLElement} */ link, /** @type {HTMLIFrameElement} */ frame) {
    const { naturalWidth: width, naturalHeight: height } = frame.contentDocument?.querySelector("img") ?? {}
    link.dataset.image = width ? "shown" : "failed"
    if (!width) return frame.replaceWith(this.#problem())
    frame.style.inlineSize = `${width}px`
    frame.style.aspectRatio = `${width} / ${height}`
    frame.hidden = false
  }

  #problem() {
    const textContent = ` ${this.failedValue}`
    return Object.assign(document.createElement("span"), { className: "hint", role: "alert", textContent })
  }
}
