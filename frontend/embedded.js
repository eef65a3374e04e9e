import { reload } from "./turbo.js"

/** What leads to the page of a conversation that stands in a page of the host's stays there. */
export function stay(/** @type {Fired<"turbo:before-visit">} */ event) {
  const { pathname, search } = new URL(event.detail.url, location.href)
  const address = /** @type {HTMLElement?} */ (document.querySelector("[data-embedded]"))?.dataset.embedded
  if (pathname !== address || search) return
  event.preventDefault()
  reload()
}
