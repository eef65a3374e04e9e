const EVERY = 2_000

/** Runs `look()` again and again while it is on and the page is visible, each time after the last has ended. */
export class Polling {
  #on = false
  #timer = 0
  #look

  constructor(/** @type {() => Promise<unknown>} */ look) {
    this.#look = look
  }

  start() {
    if (this.#on) return
    this.#on = true
    this.#turn()
  }

  stop() {
    this.#on = false
    clearTimeout(this.#timer)
  }

  /** Not wait for the next turn. */
  hurry() {
    if (!this.#on) return
    clearTimeout(this.#timer)
    this.#turn()
  }

  async #turn() {
    if (document.visibilityState !== "hidden") await this.#look()
    clearTimeout(this.#timer)
    if (this.#on) this.#timer = setTimeout(() => this.#turn(), EVERY)
  }
}
