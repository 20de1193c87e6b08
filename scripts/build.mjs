#!/usr/bin/env node
// Builds dist from src: `node scripts/build.mjs [folder]`. The same sources give the same bytes, in any folder.
//
// One bundle for all entry points: dist/index.js and the chunks that it imports when a command needs them, so that
// compute-tags never reads the clients for artifacts and caches. Beside it one stub of two lines per entry point.
import {chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {minifySync} from '@swc/core'
import ncc from '@vercel/ncc'
import ts from 'typescript'

/** What the minifier takes away: what is assigned and not used, and calls that are marked as pure. */
const UNUSED = {defaults: false, unused: true, side_effects: true, passes: 3}

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const folder = path.resolve(process.argv[2] ?? path.join(root, 'dist'))
// The bundler numbers modules by their path from the current folder.
process.chdir(root)

const files = {...(await bundle()), ...stubs()}
rmSync(folder, {recursive: true, force: true})
mkdirSync(folder, {recursive: true})
for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content)
chmodSync(path.join(folder, 'cli.js'), 0o755)

/**
 * The bundle, its chunks, the licences of what they hold, and a package.json that says they are scripts: the command line
 * starts from what V8 compiled of them before, and V8 takes that for scripts alone.
 */
async function bundle() {
  const {code, assets} = await ncc(path.join(root, 'scripts/bundle/index.ts'), {
    esm: false,
    filename: 'index.js',
    target: 'es2022',
    license: 'licenses.txt',
    // Types are checked by `npm run types`.
    transpileOnly: true,
    cache: false,
    quiet: true
  })
  const scripts = Object.entries({...assets, 'index.js': {source: code}}).map(([name, {source}]) => [
    name,
    name.endsWith('.js') ? compiledAtOnce(name, minified(withAddresses(String(source)))) : source
  ])
  return {...Object.fromEntries(scripts), 'package.json': '{\n  "type": "commonjs"\n}\n'}
}

/**
 * The bundler writes `import.meta.url` of a package by `require` and `__filename`. Where a package has variables of these names,
 * as that of Azure's storage for @actions/artifact, it takes those in their place, which have no value yet.
 */
function withAddresses(code) {
  return code.replace(
    /\b[\w$]+_require\("url"\)\.pathToFileURL\([\w$]+_filename\)\.href/g,
    'require("url").pathToFileURL(__filename).href'
  )
}

/**
 * The bundler makes each module a function in one object. V8 looks over a function for its end when it reads the file, and
 * once more from its beginning to compile it when it is called, except where it stands in parentheses: that one it compiles
 * at once (https://v8.dev/blog/preparser#pife). Nearly all modules of a file run when it is loaded: without, a merge of one tag
 * took 5 % longer, and a plan 10 %.
 */
function compiledAtOnce(name, code) {
  const modules = modulesOf(ts.createSourceFile(name, code, ts.ScriptTarget.Latest))
  if (modules.length === 0)
    throw new Error(`The bundler makes no functions of the modules in ${name} any more.`)
  const text = modules.map(
    ({pos, end}, index) => `(${code.slice(pos, end)})${code.slice(end, modules[index + 1]?.pos)}`
  )
  return code.slice(0, modules[0].pos) + text.join('')
}

/** Modules are what has a number for a name. */
function modulesOf(node) {
  if (!ts.isPropertyAssignment(node) || !ts.isNumericLiteral(node.name)) {
    const found = []
    ts.forEachChild(node, child => void found.push(...modulesOf(child)))
    return found
  }
  return ts.isArrowFunction(node.initializer) || ts.isFunctionExpression(node.initializer)
    ? [node.initializer]
    : []
}

/**
 * Code is minified, the chunks too, which the bundler would leave. Names stay, for stack traces. What nobody uses goes,
 * such as the classes of zod for schemas that are in no document: they would be made with every start.
 */
function minified(content) {
  const mangle = {keepClassNames: true, keepFnNames: true}
  return `${minifySync(content, {compress: UNUSED, mangle, format: {comments: false}}).code}\n`
}

/** What `runs.main` of each action.yml and `bin` of package.json name. */
function stubs() {
  const actions = JSON.parse(readFileSync('scripts/actions.json', 'utf8'))
  const action = command => `require('./index.js').runAction(${command})\n`
  return {
    'main.js': action(''),
    ...Object.fromEntries(actions.map(({name}) => [`${name}.js`, action(`'${name}'`)])),
    'cli.js': readFileSync('scripts/bundle/cli.cjs', 'utf8')
  }
}
