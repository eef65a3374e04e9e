import { Controller } from "@hotwired/stimulus"

const A_YEAR = 31_536_000
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
    document.cookie = `parley_sidebar=${dataset.sidebar}; path=/; max-age=${A_YEAR}; samesite=lax`
  }
}
