/** Mermaid, in a file of its own that is only loaded where somebody asks for a diagram. */
import mermaid from "mermaid"
import { guardDrawing, KEPT_HTML } from "./diagram_guard.js"

// What the source of a diagram cannot change.
const SECURE = ["secure", "securityLevel", "startOnLoad", "maxTextSize", "suppressErrorRendering", "maxEdges", "dompurifyConfig"]
let drawn = 0

guardDrawing()

/** A picture of the diagram, or a sentence that says what is wrong with its source. */
export async function drawing(source, alt) {
  mermaid.initialize({ startOnLoad: false, securityLevel: "strict", secure: SECURE, dompurifyConfig: KEPT_HTML, theme: theme(),
    htmlLabels: false, flowchart: { htmlLabels: false }, class: { htmlLabels: false }, suppressErrorRendering: true })
  try {
    const { svg } = await mermaid.render(`parley-diagram-${++drawn}`, source)
    return picture(svg, alt)
  } catch (error) {
    return problem(error)
  }
}

// In an <img> nothing of the drawing can act on the page or load anything, and its styles are its own.
function picture(svg, alt) {
  const [, width, height] = svg.match(/viewBox="\S+ \S+ ([\d.]+) ([\d.]+)"/) ?? []
  const sized = svg.replace(/ (width|height)="[^"]*"/g, (attribute, name, offset) => (offset < svg.indexOf(">") ? "" : attribute))
  const source = width ? sized.replace("<svg ", `<svg width="${width}" height="${height}" `) : svg
  return Object.assign(new Image(), { alt, className: "diagram", src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(source)}` })
}

function problem(error) {
  const sentence = Object.assign(document.createElement("p"), { className: "problem raw", textContent: error.message ?? error })
  sentence.setAttribute("role", "alert")
  return sentence
}

function theme() {
  return getComputedStyle(document.body).getPropertyValue("--parley-diagram").trim() || "default"
}
