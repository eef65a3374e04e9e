/** The content of a <meta name="…"> of the page, or "". */
export function meta(name) {
  return document.head.querySelector(`meta[name="${name}"]`)?.content ?? ""
}
