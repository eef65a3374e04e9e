import { meta } from "./page.js"

/** Puts Django's token on a request of Turbo's that changes something; forms that came over the socket carry none. */
export function addCsrfToken({ detail: { fetchOptions, url } }) {
  if (fetchOptions.method?.toUpperCase() === "GET" || url.origin !== location.origin) return
  fetchOptions.headers["X-CSRFToken"] = meta("csrf-token")
}
