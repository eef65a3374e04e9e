/** Does something once, a while after it was last asked for. */
export class Later {
  #timer = 0
  #wait
  #action

  constructor(/** @type {number} */ wait, /** @type {() => void} */ action) {
    this.#wait = wait
    this.#action = action
  }

  ask() {
    this.forget()
    this.#timer = setTimeout(() => this.hurry(), this.#wait)
  }

  /** Do it now, if it was asked for. */
  hurry() {
    if (!this.#timer) return
    this.forget()
    this.#action()
  }

  forget() {
    clearTimeout(this.#timer)
    this.#timer = 0
  }
}
