import { Blocks } from "./blocks.js"
import { advance, follow } from "./live.js"
import { continues, endOf, isAfter } from "./splices.js"
import { settle } from "./upsert.js"

// In a hidden tab no animation frame comes.
const LATEST_DRAW = 200
const REASONING = -1
const BEGINNING = "0"

/**
 * A reply that is being written: <parley-reply reply="id" at="position"> shows its answer, and its neighbour its
 * reasoning.
 * @implements {Follower}
 */
export class ReplyElement extends HTMLElement {
  position = BEGINNING
  #answer = new Blocks()
  #reasoning = new Blocks()
  /** @type {(() => void) | undefined} */
  #unfollow
  #frame = 0
  #timer = 0

  connectedCallback() {
    if (document.documentElement.hasAttribute("data-turbo-preview")) return
    this.#unfollow = follow(this)
  }

  disconnectedCallback() {
    this.#unfollow?.()
    this.#draw()
  }

  get reply() {
    return String(this.getAttribute("reply"))
  }

  /** Take one frame, or the end; one seen before changes nothing. */
  receive(/** @type {Position} */ position, /** @type {Payload} */ payload) {
    if (!isAfter(position, this.position)) return
    if (!continues(position, payload, this.position)) return this.#beginAgain()
    this.position = position
    const end = endOf(payload)
    if (end) return this.#settle(end)
    const begun = this.#answer.any
    if (payload[0] === REASONING) this.#reasoning.apply(payload.slice(1))
    else this.#answer.apply(payload)
    this.closest("[data-message]")?.setAttribute("data-status", "streaming")
    if (this.#reasoning.any && begun !== this.#answer.any) return this.#draw() // or the end may come before it
    this.#frame ||= requestAnimationFrame(this.#draw)
    this.#timer ||= setTimeout(this.#draw, LATEST_DRAW)
  }

  #settle(/** @type {End} */ end) {
    this.#draw()
    settle(this, end)
    advance(end)
  }

  // What is shown stays until the whole is there.
  #beginAgain() {
    if (this.position === BEGINNING) return
    this.position = BEGINNING
    this.#unfollow?.()
    this.#unfollow = follow(this)
  }

  #draw = () => {
    cancelAnimationFrame(this.#frame)
    clearTimeout(this.#timer)
    this.#frame = this.#timer = 0
    if (this.#isBehind) return
    const details = this.closest("[data-message]")?.querySelector("[data-reasoning]")
    if (details) this.#drawReasoning(/** @type {HTMLDetailsElement} */ (details))
    this.#answer.show(this)
  }

  /** Whether the page came with more of the log, up to `at`, than has arrived again. */
  get #isBehind() {
    return this.position === BEGINNING || isAfter(this.getAttribute("at") ?? BEGINNING, this.position)
  }

  // It opens with the first reasoning and closes with the first word of the answer; else the reader decides.
  #drawReasoning(/** @type {HTMLDetailsElement} */ details) {
    const body = details.querySelector("[data-reasoning-body]")
    if (!body || !this.#reasoning.any) return
    const begins = details.hidden
    const ends = this.#answer.any && !this.firstElementChild
    details.hidden = false
    if (begins || ends) details.open = !this.#answer.any
    this.#reasoning.show(body)
  }
}
