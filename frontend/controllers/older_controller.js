import { controller } from "../stimulus.js"

/** Older messages that load above: they become part of the transcript, and what is being read stays where it is. */
export default class extends controller() {
  arriving(/** @type {On<Fired<"turbo:before-frame-render">>} */ { target, detail }) {
    const { render } = detail
    detail.render = (current, next) => stay(target.nextElementSibling, () => render(current, next))
  }

  arrived(/** @type {On} */ { target }) {
    target.replaceWith(...target.childNodes)
  }
}

function stay(/** @type {Element?} */ element, /** @type {() => void} */ change) {
  const top = element?.getBoundingClientRect().top ?? 0
  change()
  const box = element?.closest("[data-scrolls]") ?? window
  if (element) box.scrollBy({ top: element.getBoundingClientRect().top - top, behavior: "instant" })
}
