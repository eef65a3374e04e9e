const A_YEAR = 31_536_000

/** Let the server know a choice of this browser for a year; where cookies are refused, nobody knows it. */
export function keepCookie(/** @type {string} */ name, /** @type {string} */ value) {
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing over plain http.
  document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=${A_YEAR}; samesite=lax`
}

export function hasCookie(/** @type {string} */ name, /** @type {string} */ value) {
  return document.cookie.includes(`${name}=${encodeURIComponent(value)}`)
}
