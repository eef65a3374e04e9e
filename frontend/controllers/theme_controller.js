import { Controller } from "@hotwired/stimulus"
import { keepCookie } from "../cookies.js"

/** Light, dark, or as the system has it; a cookie, so that the server's first paint is right. */
export default class extends Controller {
  static targets = ["choice"]

  // Lifecycle

  choiceTargetConnected(choice) {
    choice.setAttribute("aria-pressed", choice.value === document.documentElement.dataset.theme)
  }

  // Actions

  choose({ currentTarget: { value } }) {
    document.documentElement.dataset.theme = value
    keepCookie("parley_theme", value)
    for (const choice of this.choiceTargets) this.choiceTargetConnected(choice)
  }
}
