// Makes every action.yml and the marked sections of the documents: `npm run generate`.
// With --check it writes nothing, and fails where a file is not as it would be made.
import {mkdirSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {ROOT, generatedFiles} from './generated-files.js'

const stale = (await generatedFiles()).filter(({isFresh}) => !isFresh)
if (process.argv.includes('--check')) {
  for (const file of stale) console.error(`${file.path} is stale: run npm run generate`)
  process.exitCode = stale.length > 0 ? 1 : 0
} else {
  for (const file of stale) {
    mkdirSync(path.join(ROOT, path.dirname(file.path)), {recursive: true})
    writeFileSync(path.join(ROOT, file.path), file.content)
    console.log(file.path)
  }
}
