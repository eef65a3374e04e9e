/**
 * A diagram is drawn in the page before it is a picture, and must not load anything there: what the browser would
 * fetch for it is an error of the diagram. Its HTML is cleaned by Mermaid; these are the ways that are left.
 */
const WITHIN = /^data:image\//i
// The browser has resolved escapes already, but for the values of variables.
const LOADS = /\\|url\((?!"#)|image-set\(/i
const probe = document.createElement("i")
const replaceSync = CSSStyleSheet.prototype.replaceSync

/** What Mermaid may keep of the HTML of a label: no attribute that names an address. */
export const KEPT_HTML = {
  ALLOWED_ATTR: ["class", "display", "mathvariant", "stretchy", "fence", "separator", "accent", "columnalign", "rowspacing",
    "columnspacing", "displaystyle", "scriptlevel", "linethickness", "minsize", "maxsize", "lspace", "rspace", "width", "height"],
  ALLOW_DATA_ATTR: false,
  FORBID_TAGS: ["style"],
}

/** Refuse what drawing would load, as long as the page lives; the page itself uses none of these ways. */
export function guardDrawing() {
  for (const prototype of [SVGElement.prototype, HTMLElement.prototype]) guardStyles(prototype)
  for (const name of ["setAttribute", "setAttributeNS"]) guardImages(SVGImageElement.prototype, name)
  CSSStyleSheet.prototype.replaceSync = function (rules) {
    replaceSync.call(this, rules)
    refuse(Array.from(this.cssRules, ({ cssText }) => cssText).find((rule) => LOADS.test(rule)))
  }
}

// The Content-Security-Policy refuses style attributes that are set as text, and lets the same through the object model.
function guardStyles(prototype) {
  prototype.setAttribute = function (name, value) {
    if (name !== "style") return Element.prototype.setAttribute.call(this, name, value)
    probe.style.cssText = value
    refuse(LOADS.test(probe.style.cssText) && value)
    this.style.cssText = value
  }
}

function guardImages(prototype, method) {
  const set = prototype[method]
  prototype[method] = function (...attribute) {
    const [value, name] = attribute.toReversed()
    refuse(/href$/.test(name) && !WITHIN.test(value) && value)
    set.apply(this, attribute)
  }
}

function refuse(what) {
  if (what) throw new Error(`A diagram may not load anything: ${what}`)
}
