import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { defineConfig } from "vite"

// Turbo puts a <style> for its progress bar into every page, which the Content-Security-Policy refuses; there is no
// setting against it. styles/progress.css has these rules.
const INSTALLS_STYLE = "document.head.insertBefore(this.stylesheetElement, document.head.firstChild);"
const turbo = {
  name: "turbo",
  transform(code, id) {
    if (!id.replaceAll("\\", "/").includes("@hotwired/turbo/")) return null
    if (!code.includes(INSTALLS_STYLE)) this.error(`Turbo has no "${INSTALLS_STYLE}" now`)
    return { code: code.replace(INSTALLS_STYLE, ""), map: null }
  },
}

// Mermaid is not bundled: its own file is for the frame in which diagrams are drawn, and for no page.
const mermaid = {
  name: "mermaid",
  generateBundle() {
    this.emitFile({
      type: "asset",
      fileName: "mermaid.js",
      source: readFileSync("node_modules/mermaid/dist/mermaid.min.js"),
    })
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
      input: ["frontend/parley.js", "frontend/drawing.js"],
      output: { entryFileNames: "[name].js", assetFileNames: "parley[extname]" },
    },
  },
})
