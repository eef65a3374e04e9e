/**
 * Diagrams: drawn by Mermaid in a frame that has no origin and a policy of its own, shown as images. Of the frame the
 * page takes nothing but a text, and in an <img> nothing of a drawing can act or load anything.
 */
const PATIENCE = 20_000
/** @type {Promise<HTMLIFrameElement> | undefined} */
let frame
/** @type {Promise<unknown>} */
let last = Promise.resolve()

/**
 * An image of the diagram, or a sentence that says why there is none; diagrams are drawn one after the other.
 * @param {string} source @param {DOMStringMap} words
 */
export function drawing(source, { frame: address = "", alt = "", failed, late }) {
  const drawn = last
    .then(() => ask(address, { source, theme: theme() }))
    .then(({ svg, problem }) => (svg ? picture(svg, alt) : sentence(`${failed} ${problem ?? late}`)))
    .catch(({ message }) => {
      close()
      return sentence(`${failed} ${message}`)
    })
  last = drawn
  return drawn
}

async function ask(/** @type {string} */ address, /** @type {Drawing} */ question) {
  /** @type {Promise<Drawn>} */
  const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE, {}))
  const answer = await Promise.race([open(address).then((opened) => send(opened, question)), patience])
  if (!answer.svg && !answer.problem) close()
  return answer
}

// Beside the body, which Turbo replaces.
function open(/** @type {string} */ address) {
  frame ??= new Promise((resolve) => {
    const about = { sandbox: "allow-scripts", src: address, className: "drawing", tabIndex: -1, ariaHidden: "true" }
    const element = Object.assign(document.createElement("iframe"), about)
    element.onload = () => resolve(element)
    document.documentElement.append(element)
  })
  return frame
}

function close() {
  document.querySelector("iframe.drawing")?.remove()
  frame = undefined
}

/** @param {HTMLIFrameElement} frame @param {Drawing} question @returns {Promise<Drawn>} */
function send({ contentWindow }, question) {
  const { port1, port2 } = new MessageChannel()
  contentWindow?.postMessage(question, "*", [port2])
  return new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)))
}

// Mermaid cuts a label that is too long for its place, also in the middle of a character.
function picture(/** @type {string} */ svg, /** @type {string} */ alt) {
  const src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg.toWellFormed())}`
  return Object.assign(new Image(), { alt, className: "diagram", src })
}

function sentence(/** @type {string} */ textContent) {
  return Object.assign(document.createElement("p"), { className: "problem", role: "alert", textContent })
}

function theme() {
  return getComputedStyle(document.body).getPropertyValue("--parley-diagram").trim() || "default"
}
