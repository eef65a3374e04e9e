import { Controller } from "@hotwired/stimulus"

const NEAR = 48
let visit = performance.getEntriesByType("navigation")[0]?.type === "navigate" ? "advance" : "restore"

addEventListener("turbo:visit", ({ detail }) => (visit = detail.action))

/** Follows the newest text while the reader is at the bottom, and leaves them alone once they scroll up. */
export default class extends Controller {
  static targets = ["jump"]
  #following = true
  #observer
  #top = 0

  // Lifecycle

  connect() {
    this.#following = this.#atBottom
    this.#observer = new ResizeObserver(() => this.#grown())
    this.#observer.observe(this.element)
  }

  disconnect() {
    this.#observer.disconnect()
  }

  // Actions

  load() {
    if (visit !== "restore" && visit !== "replace" && !location.hash) this.follow()
  }

  follow() {
    this.#following = true
    this.#grown()
  }

  scrolled() {
    const upwards = window.scrollY < this.#top
    this.#top = window.scrollY
    if (this.#atBottom) this.#following = true
    else if (upwards) this.#following = false
    this.jumpTarget.hidden = this.#following
  }

  // Private

  #grown() {
    if (this.#following) window.scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" })
    this.jumpTarget.hidden = this.#following || this.#atBottom
  }

  get #atBottom() {
    const page = document.documentElement
    return page.scrollHeight - page.clientHeight - window.scrollY <= NEAR
  }
}
