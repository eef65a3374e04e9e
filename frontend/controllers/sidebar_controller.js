import { Controller } from "@hotwired/stimulus"
import { keepCookie } from "../cookies.js"

const NARROW = "(max-width: 50rem)"

/** The list of conversations: marks the one that the page shows, and goes away when asked. */
export default class extends Controller {
  static targets = ["link", "panel"]

  // Lifecycle

  linkTargetConnected(link) {
    if (link.pathname === location.pathname) link.setAttribute("aria-current", "page")
    else link.removeAttribute("aria-current")
  }

  // Actions

  toggle() {
    if (matchMedia(NARROW).matches) return this.panelTarget.togglePopover()
    const { dataset } = document.documentElement
    dataset.sidebar = dataset.sidebar === "closed" ? "open" : "closed"
    keepCookie("parley_sidebar", dataset.sidebar)
  }
}
