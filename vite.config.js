import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { defineConfig } from "vite"

// Most of these put a <style> into the page, which the Content-Security-Policy refuses.
const EDITS = [
  {
    // Turbo's progress bar: styles/progress.css has its rules.
    file: "@hotwired/turbo/",
    before: "document.head.insertBefore(this.stylesheetElement, document.head.firstChild);",
    after: "",
  },
  {
    // A diagram is measured with a constructed style sheet, and takes its rules along in its source.
    file: "mermaid/dist/mermaid.core.mjs",
    before: 'const style1 = document.createElement("style");\n  style1.innerHTML = rules;\n  svg.insertBefore(style1, firstChild);',
    after: "const sheet = new CSSStyleSheet();\n  sheet.replaceSync(rules);\n  document.adoptedStyleSheets.push(sheet);",
  },
  {
    file: "mermaid/dist/mermaid.core.mjs",
    before: "let svgCode = root.select(enclosingDivID_selector).node().innerHTML;",
    after:
      "document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);\n" +
      "  svgNode.insert('desc', ':first-child').text(rules);\n" +
      "  let svgCode = new XMLSerializer().serializeToString(svgNode.node()).replace('<desc>', '<style>').replace('</desc>', '</style>');",
  },
  {
    // Its parsing of the finished drawing would apply these styles again. The drawing is only ever shown as an image.
    file: "mermaid/dist/mermaid.core.mjs",
    before: "} else if (!isLooseSecurityLevel) {",
    after: "} else if (false) {",
  },
  {
    // A node that is an image is measured before it is drawn: frontend/diagram_guard.js refuses its address as that of any image.
    file: "mermaid/dist/chunks/mermaid.core/chunk-JZLCHNYA.mjs",
    before: 'img.src = node?.img ?? "";',
    after: 'document.createElementNS("http://www.w3.org/2000/svg", "image").setAttribute("href", node?.img ?? "");\n  img.src = node?.img ?? "";',
  },
  {
    file: "mermaid/dist/chunks/mermaid.core/chunk-ABZYJK2D.mjs",
    before: '`<div style="display: flex; align-items: center; justify-content: center; white-space: nowrap;">${line}</div>`',
    after: "`<div>${line}</div>`",
  },
  {
    file: "cytoscape/dist/cytoscape.esm.mjs",
    before: "head.insertBefore(stylesheet, head.children[0]);",
    after: "",
  },
]

const made = new Set()

const edited = {
  name: "edited",
  transform(code, id) {
    const edits = EDITS.filter(({ file }) => id.replaceAll("\\", "/").includes(file))
    for (const { file, before } of edits) if (!code.includes(before)) this.error(`${file} has no "${before}" now`)
    edits.forEach((edit) => made.add(edit))
    return edits.length ? { code: edits.reduce((text, { before, after }) => text.replace(before, () => after), code), map: null } : null
  },
  buildEnd(error) {
    const missed = EDITS.filter((edit) => !made.has(edit))
    if (!error && missed.length) this.error(`${missed[0].file} is not in the build now`)
  },
}

// Web servers send what lies compressed beside a file, and none has to compress at each request.
const compressed = {
  name: "compressed",
  writeBundle({ dir }, bundle) {
    const files = Object.keys(bundle).filter((name) => /\.(js|css)$/.test(name)).map((name) => join(dir, name))
    for (const file of files) writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }))
  },
}

export default defineConfig({
  base: "./",
  plugins: [edited, compressed],
  publicDir: "frontend/public",
  build: {
    outDir: "src/parley/static/parley",
    emptyOutDir: true,
    target: "es2022",
    cssTarget: ["chrome125", "firefox128", "safari17.5"],
    cssCodeSplit: false,
    modulePreload: false,
    chunkSizeWarningLimit: 1_000,
    rolldownOptions: {
      input: "frontend/parley.js",
      output: { entryFileNames: "parley.js", chunkFileNames: "later/[name]-[hash].js", assetFileNames: "parley[extname]" },
    },
  },
})
