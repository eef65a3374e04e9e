import { controller } from "../stimulus.js"
import { visit as go } from "../turbo.js"

const NEAR = 48
const AT_THE_END = 1

// After the next load, whatever it is.
let following = false
const [opened] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"))
let visit = opened?.type === "navigate" ? "advance" : "restore"

addEventListener("turbo:visit", ({ detail }) => (visit = detail.action))

/** Follows the newest text while the reader is at the bottom, and leaves them alone once they scroll up. */
export default class extends controller({ targets: { jump: HTMLElement } }) {
  #following = true
  #observer = new ResizeObserver(() => this.#grown())
  #top = 0

  connect() {
    this.#following = this.#below < NEAR
    for (const part of this.#isBox ? this.element.children : [this.element]) this.#observer.observe(part)
    // Before the first painting: at its top, older messages would be brought for nobody.
    if (this.#isBox || document.readyState === "interactive") this.load()
  }

  disconnect() {
    this.#observer.disconnect()
  }

  load() {
    const again = following
    following = false
    if (again) return this.follow()
    if (!this.#isBox && (visit === "restore" || visit === "replace")) return
    const found = this.element.querySelector("[data-found]")
    if (found) this.#goTo(found)
    else if (!location.hash) this.follow()
  }

  follow({ type } = /** @type {Partial<Event>} */ ({})) {
    if (this.#newer) return type === "click" && go(location.pathname)
    this.#following = true
    this.#grown()
  }

  followNext() {
    following = true
  }

  sent(/** @type {Fired<"turbo:submit-end">} */ { detail: { success } }) {
    if (!success) return
    if (this.#newer) go(location.pathname)
    else if (!this.#isBox && location.search) history.replaceState(history.state, "", location.pathname)
  }

  scrolled() {
    const moved = this.#box.scrollTop - this.#top
    this.#top = this.#box.scrollTop
    if (this.#below < (moved > 0 ? NEAR : AT_THE_END)) this.#following = true
    else if (moved < 0) this.#following = false
    this.#offerJump()
  }

  #goTo(/** @type {HTMLElement} */ found) {
    this.#following = false
    found.scrollIntoView({ block: "start", behavior: "instant" })
    found.focus({ preventScroll: true })
  }

  #grown() {
    if (this.#following && !this.#newer) {
      this.#box.scrollTo({ top: this.#box.scrollHeight, behavior: "instant" })
      // A page that became shorter was not scrolled up by its reader.
      this.#top = this.#box.scrollTop
    }
    this.#offerJump()
  }

  #offerJump() {
    this.jumpTarget.hidden = !this.#newer && (this.#following || this.#below < NEAR)
  }

  // What is shown is not the end of the branch.
  get #newer() {
    return this.element.querySelector(".newer")
  }

  // In a page of a host the conversation scrolls by itself.
  get #isBox() {
    return this.element.hasAttribute("data-scrolls")
  }

  get #box() {
    return this.#isBox ? this.element : document.documentElement
  }

  get #below() {
    return this.#box.scrollHeight - this.#box.clientHeight - this.#box.scrollTop
  }
}
