import { Controller } from "@hotwired/stimulus"

/** Older messages that load above: they become part of the transcript, and what is being read stays where it is. */
export default class extends Controller {
  // Actions

  arriving({ target, detail }) {
    const { render } = detail
    detail.render = (current, next) => stay(target.nextElementSibling, () => render(current, next))
  }

  arrived({ target }) {
    target.replaceWith(...target.childNodes)
  }
}

function stay(element, change) {
  const top = element?.getBoundingClientRect().top
  change()
  if (element) window.scrollBy({ top: element.getBoundingClientRect().top - top, behavior: "instant" })
}
