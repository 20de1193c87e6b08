import {readFileSync} from 'node:fs'
import path from 'node:path'
import {buildSync} from 'esbuild'

/** Packages that are bundled into the page, whose licences must go with it. */
const BUNDLED = ['d3-hierarchy', 'd3-scale', 'd3-shape']

/** Makes the module that holds script and style of the page of a release: `page/`, bundled and made small. */
export function pageAssets(root: string): string {
  const script = `/* ${licences(root)} */\n${bundled(root, 'page.ts')}`
  return `// Made of page/ by \`npm run generate\`.
/** The script of the page. */
export const PAGE_SCRIPT = ${literal(script)}
/** The style of the page. */
export const PAGE_STYLE = ${literal(bundled(root, 'style.css'))}
`
}

function bundled(root: string, file: string): string {
  const {outputFiles} = buildSync({
    absWorkingDir: root,
    entryPoints: [path.join('page', file)],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    target: ['chrome111', 'firefox115', 'safari16.4'],
    charset: 'ascii',
    legalComments: 'none',
    tsconfig: path.join(root, 'page/tsconfig.json')
  })
  return outputFiles[0]?.text.trim() ?? ''
}

/** All of them, and d3-array and the others that they bring, have the licence and the holder of the first. */
function licences(root: string): string {
  const text = readFileSync(path.join(root, 'node_modules', 'd3-hierarchy', 'LICENSE'), 'utf8')
  return `${BUNDLED.join(', ')} and what they need:\n${text.trim()}`
}

function literal(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n')}'`
}
