import { hasCookie, keepCookie } from "../cookies.js"
import { renew } from "../renew.js"
import { controller } from "../stimulus.js"
import { navigator } from "../turbo.js"

const A_MINUTE = 60_000
const A_DAY = 86_400_000
const ZONE = "parley_zone"

// The lists stay when another page is visited, but a browser scrolls to the top what it puts into another page.
let top = 0

/** Lists of rows that load more as they are scrolled, under headings that are right for today and for here. */
export default class extends controller({ values: { until: String, zone: String } }) {
  #tomorrow = 0

  connect() {
    if (!this.untilValue) return
    this.element.scrollTop = top
    const left = Date.parse(this.untilValue) - Date.now()
    this.#tomorrow = setTimeout(() => renew(this.element), Math.min(A_DAY, Math.max(A_MINUTE, left)))
    this.#tellZone()
  }

  disconnect() {
    clearTimeout(this.#tomorrow)
  }

  scrolled() {
    top = this.element.scrollTop
  }

  arrived(/** @type {On} */ { target }) {
    const more = target.parentElement
    if (!more?.matches("li.more")) return
    const rows = [...target.querySelectorAll(":scope > ol > li")]
    const list = more.parentElement
    more.remove()
    list?.append(...rows.filter(({ id }) => !id || !document.getElementById(id)))
  }

  // A refresh brings what has changed, a visit does not.
  rendering(/** @type {Fired<"turbo:before-render">} */ { detail: { renderMethod } }) {
    const { currentVisit } = /** @type {TurboNavigator} */ (navigator)
    if (renderMethod === "morph" || currentVisit?.isPageRefresh) this.element.removeAttribute("data-turbo-permanent")
  }

  keepOpen(/** @type {Fired<"turbo:before-morph-attribute">} */ event) {
    if (event.detail.attributeName === "open") event.preventDefault()
  }

  #tellZone() {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
    if (hasCookie(ZONE, zone)) return
    keepCookie(ZONE, zone)
    if (hasCookie(ZONE, zone) && zone !== this.zoneValue) renew(this.element)
  }
}
