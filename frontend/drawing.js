/**
 * The script of the frame in which Mermaid draws (parley:diagram_draw). It is asked with a source and a theme, and
 * answers with an SVG document or with what is wrong. What the policy of the frame refuses is an error of the diagram.
 */
const LONGEST = 50_000
const LARGEST = 5_000_000
const WIDEST = 16_000
let drawn = 0
/** @type {string | undefined} */
let refused

addEventListener("securitypolicyviolation", ({ blockedURI }) => (refused ??= blockedURI))
addEventListener("message", async ({ data, ports: [port] }) => port?.postMessage(await answer(data)))

/** @param {Drawing} question @returns {Promise<Drawn>} */
async function answer({ source, theme }) {
  refused = undefined
  const done = draw(source, theme).then((svg) => ({ svg }))
  const drawing = await done.catch((error) => ({ problem: firstLine(error) }))
  document.body.replaceChildren()
  return refused ? { problem: `A diagram may not load anything: ${refused}` } : drawing
}

async function draw(/** @type {string} */ source, /** @type {string} */ theme) {
  if (source.length > LONGEST) throw new Error(`The diagram has more than ${LONGEST} characters.`)
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: "strict",
    theme: /** @type {import("mermaid").MermaidConfig["theme"]} */ (theme),
    htmlLabels: false,
    flowchart: { htmlLabels: false },
    class: { htmlLabels: false },
    suppressErrorRendering: true,
  })
  try {
    const { svg } = await mermaid.render(`diagram-${++drawn}`, source)
    if (svg.length > LARGEST) throw new Error("The drawing is too large.")
    return sized(svg)
  } finally {
    await new Promise((resolve) => setTimeout(resolve)) // What was refused is told by a task.
  }
}

/** The drawing as XML, as wide and as high as its view. */
function sized(/** @type {string} */ svg) {
  const element = new DOMParser().parseFromString(svg, "text/html").querySelector("svg")
  if (!element) throw new Error("Nothing was drawn.")
  const { width, height } = element.viewBox.baseVal
  const scale = Math.min(1, WIDEST / width, WIDEST / height)
  if (width && height) element.setAttribute("width", String(width * scale))
  if (width && height) element.setAttribute("height", String(height * scale))
  return new XMLSerializer().serializeToString(element)
}

function firstLine(/** @type {{ message?: string } | undefined} */ error) {
  return String(error?.message ?? error)
    .split("\n")[0]
    .slice(0, 200)
    .replace(/:$/, ".")
}
