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
