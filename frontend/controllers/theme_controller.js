import { Controller } from "@hotwired/stimulus"

const A_YEAR = 31_536_000

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
    document.cookie = `parley_theme=${value}; path=/; max-age=${A_YEAR}; samesite=lax`
    this.choiceTargets.forEach((choice) => this.choiceTargetConnected(choice))
  }
}
