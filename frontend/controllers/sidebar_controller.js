import { keepCookie } from "../cookies.js"
import { controller } from "../stimulus.js"

const NARROW = "(max-width: 50rem)"

/** The list of conversations: marks the one that the page shows, and goes away when asked. */
export default class extends controller({ targets: { link: HTMLAnchorElement, panel: HTMLElement } }) {
  linkTargetConnected(/** @type {HTMLAnchorElement} */ link) {
    link.ariaCurrent = link.pathname === location.pathname ? "page" : null
  }

  toggle() {
    if (matchMedia(NARROW).matches) return this.panelTarget.togglePopover()
    const { dataset } = document.documentElement
    dataset.sidebar = dataset.sidebar === "closed" ? "open" : "closed"
    keepCookie("parley_sidebar", dataset.sidebar)
  }
}
