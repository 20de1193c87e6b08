// Prints the arguments that docker/build-push-action would call buildx with. It is bundled with a copy of that action, whose
// `src/context.ts` stands in for PEER, and reads a list of sets of inputs from standard input. For inputs that it refuses it prints null.
import {readFileSync} from 'node:fs'
import {getArgs, getInputs} from 'PEER'

const DEFAULTS = {context: '.', load: 'false', 'no-cache': 'false', pull: 'false', push: 'false'}
const isNewest = async () => true
const toolkit = {
  buildx: {versionSatisfies: isNewest},
  buildkit: {versionSatisfies: isNewest},
  buildxBuild: {getImageIDFilePath: () => '/iid', getMetadataFilePath: () => '/metadata'}
}

async function answer() {
  const answers = []
  for (const set of JSON.parse(readFileSync(0, 'utf8'))) {
    for (const name of Object.keys(process.env)) if (name.startsWith('INPUT_')) delete process.env[name]
    for (const [name, value] of Object.entries({...DEFAULTS, ...set}))
      process.env[`INPUT_${name.toUpperCase()}`] = value
    const args = await getInputs()
      .then(inputs => getArgs(inputs, toolkit))
      .catch(() => null)
    answers.push(
      args?.map(argument => {
        const [, id, file] = /^id=([^,]+),src=(.+)$/.exec(argument) ?? []
        return file === undefined
          ? argument
          : `id=${id},content=${JSON.stringify(readFileSync(file, 'utf8'))}`
      }) ?? null
    )
  }
  process.stderr.write(`\nARGUMENTS ${JSON.stringify(answers)}\n`)
}

void answer()
