// The page on which to sign in also comes with success, after a redirect.
const ANSWER = /^text\/vnd\.turbo-stream\.html|\/[0-9a-f-]{36}\/$/

/** Whether what came back for a question is its answer. */
export function isAnswer(/** @type {Fired<"turbo:submit-end">["detail"]} */ { success, fetchResponse }) {
  const { redirected, location, contentType } = fetchResponse ?? {}
  return success && ANSWER.test(String(redirected ? location?.pathname : contentType))
}

/** Stands in addresses for the id of what they are asked for. */
export const NOBODY = "00000000-0000-0000-0000-000000000000"

/**
 * The content of a <meta name="…"> of a page, or "".
 * @param {string} name @param {Document?} page
 */
export function meta(name, page = document) {
  const element = /** @type {HTMLMetaElement?} */ (page?.head.querySelector(`meta[name="${name}"]`))
  return element?.content ?? ""
}

/** A new UUID: the end of such an address is one, also over plain http, where crypto.randomUUID() is missing. */
export function newKey() {
  const address = URL.createObjectURL(new Blob())
  URL.revokeObjectURL(address)
  return address.slice(-36)
}
