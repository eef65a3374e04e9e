let visits = 0

/** After a Turbo visit, focus goes to the heading, unless something else asked for it. */
export function focusHeading() {
  if (visits++ === 0 || document.activeElement !== document.body) return
  document.querySelector("h1[tabindex]")?.focus({ preventScroll: true })
}
