import { keepCookie } from "../cookies.js"
import { controller } from "../stimulus.js"

/** Light, dark, or as the system has it; a cookie, so that the server's first paint is right. */
export default class extends controller({ targets: { choice: HTMLButtonElement } }) {
  choiceTargetConnected(/** @type {HTMLButtonElement} */ choice) {
    choice.ariaPressed = String(choice.value === document.documentElement.dataset.theme)
  }

  choose(/** @type {On<Event, HTMLButtonElement>} */ { currentTarget: { value } }) {
    document.documentElement.dataset.theme = value
    keepCookie("parley_theme", value)
    for (const choice of this.choiceTargets) this.choiceTargetConnected(choice)
  }
}
