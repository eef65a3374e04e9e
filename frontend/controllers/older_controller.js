import { Controller } from "@hotwired/stimulus"

/** Older messages that load above: they become part of the transcript, and what is being read stays where it is. */
export default class extends Controller {
  #read
  #top = 0

  // Actions

  arriving({ target }) {
    this.#read = target.nextElementSibling
    this.#top = this.#read?.getBoundingClientRect().top
  }

  arrived({ target }) {
    target.replaceWith(...target.childNodes)
    if (!this.#read) return
    const moved = this.#read.getBoundingClientRect().top - this.#top
    if (moved) window.scrollBy({ top: moved, behavior: "instant" })
  }
}
