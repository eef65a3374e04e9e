let visits = 0

/** After a Turbo visit, focus goes to the heading, unless something else asked for it. */
export function focusHeading() {
  if (visits++ === 0 || document.activeElement !== document.body) return
  document.querySelector(".parley h1[tabindex]")?.focus({ preventScroll: true })
}

/** Where a form was refused, focus goes to its first wrong field; Turbo has scrolled to the top of the page then. */
export function focusWrong() {
  setTimeout(() => {
    if (document.activeElement === document.body)
      document.querySelector(".parley main form [aria-invalid=true]")?.focus()
  })
}
