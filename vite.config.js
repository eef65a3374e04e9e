import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { build, defineConfig } from "vite"

// There is no setting against what Turbo does here: it puts a <style> for its progress bar into every page, which the
// Content-Security-Policy refuses (styles/progress.css has these rules), and begins as soon as it is loaded, where it
// is to begin only in a page that has no other (frontend/turbo.js).
const INSTALLS_STYLE = "document.head.insertBefore(this.stylesheetElement, document.head.firstChild);"
const BEGINS = 'if (customElements.get("turbo-frame") === undefined) {'
const HAS_BEGUN = "window.Turbo = { ...Turbo, StreamActions };\nstart();"
const CHANGES = [
  [INSTALLS_STYLE, ""],
  [BEGINS, `export function begin() {\n${BEGINS}`],
  [HAS_BEGUN, `${HAS_BEGUN}\n}`],
]
const turbo = {
  name: "turbo",
  transform(code, id) {
    if (!id.replaceAll("\\", "/").includes("@hotwired/turbo/")) return null
    for (const [old] of CHANGES) if (!code.includes(old)) this.error(`Turbo has no "${old}" now`)
    return { code: CHANGES.reduce((changed, [old, text]) => changed.replace(old, () => text), code), map: null }
  },
}

// Mermaid has its own file, for the frame in which diagrams are drawn, and for no page. It is half of the package, and
// has no KaTeX in it, a tenth of its size: labels are text of an SVG (frontend/drawing.js), which has no formulas.
const WITHOUT_KATEX = "\0without-katex"
const withoutKatex = {
  name: "without-katex",
  enforce: "pre",
  resolveId: (/** @type {string} */ id) => (id === "katex" ? WITHOUT_KATEX : null),
  load: (/** @type {string} */ id) =>
    id === WITHOUT_KATEX ? "export default { renderToString: (formula) => formula }" : null,
}
const mermaid = {
  name: "mermaid",
  async generateBundle() {
    const lib = { entry: "node_modules/mermaid/dist/mermaid.core.mjs", name: "mermaid", formats: ["iife"] }
    const settings = { lib, write: false, target: "es2022", rolldownOptions: { output: { codeSplitting: false } } }
    const define = { "process.env.NODE_ENV": '"production"' }
    const built = { configFile: false, publicDir: false, logLevel: "warn", define, plugins: [withoutKatex] }
    const [{ output }] = await build({ ...built, build: settings })
    this.emitFile({ type: "asset", fileName: "mermaid.js", source: output[0].code })
  },
}

// Web servers send what lies compressed beside a file, and none has to compress at each request.
const compressed = {
  name: "compressed",
  writeBundle({ dir }, bundle) {
    const files = Object.keys(bundle)
      .filter((name) => /\.(js|css)$/.test(name))
      .map((name) => join(dir, name))
    for (const file of files) writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }))
  },
}

export default defineConfig({
  base: "./",
  plugins: [turbo, mermaid, compressed],
  publicDir: "frontend/public",
  build: {
    outDir: "src/parley/static/parley",
    emptyOutDir: true,
    target: "es2022",
    cssTarget: ["chrome125", "firefox128", "safari17.5"],
    cssCodeSplit: false,
    modulePreload: false,
    rolldownOptions: {
      checks: { bundlerTimings: false }, // Seconds for Mermaid are no news.
      input: ["frontend/parley.js", "frontend/drawing.js"],
      output: { entryFileNames: "[name].js", assetFileNames: "parley[extname]" },
    },
  },
})
