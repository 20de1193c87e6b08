import {InputError} from '../errors.js'
import {parseInputs} from '../command/input.js'
import {diffOf} from '../onboarding/file-diff.js'
import {imageOfRemote, ownSettings} from '../onboarding/own-settings.js'
import {lookAt} from '../onboarding/repository-look.js'
import {workTreeAt, writeFiles} from '../onboarding/work-tree.js'
import type {Ports} from '../ports.js'
import {configure} from '../planning/settings/settings.js'
import {CONFIG_FILE} from '../command/config-place.js'
import {type ReleaseValues, releaseInputs} from './release-inputs.js'

/** Where the file of settings is read from, too. */
const HERE = '.'

/**
 * What is released where neither this call nor a file of settings says it: an image of the name that the remote has. It is
 * shown, and written where somebody says yes; where nobody can be asked, it only stands in the error.
 * @throws InputError where nothing says where the image goes, or the answer is no
 */
export async function withSettings(given: ReleaseValues, ports: Ports): Promise<ReleaseValues> {
  const file = given.config?.trim() || CONFIG_FILE
  if (given.images.length > 0 || (await ports.readText(file)) !== undefined) return given
  const look = await lookAt(workTreeAt(HERE))
  const {source} = await ports.workflowRun()
  const host = source.url === undefined ? undefined : new URL(source.url).host
  const image = imageOfRemote(host, source.fullName.includes('/') ? source.fullName : undefined)
  if (look.containerfile === undefined || image === undefined)
    throw missing('is required: neither this call nor a file of settings names one', 'REGISTRY/NAME')
  const files = ownSettings(look, {images: [image], source: source.fullName})
  const question = `${diffOf({files})}\nWrite this and continue?`
  if (given['dry-run'] || !(await ports.confirm(question, false)))
    throw missing(`is required; the remote suggests ${image}`, image)
  await writeFiles(HERE, files)
  ports.reporter.notice(`${files.map(({file}) => file).join(', ')} written; commit it.`)
  const {texts} = await configure({table: releaseInputs}, {config: given.config}, ports.readText)
  const fresh = parseInputs(releaseInputs, texts)
  return {
    ...given,
    images: fresh.images,
    strategy: fresh.strategy,
    file: fresh.file,
    'version-file': fresh['version-file']
  }
}

function missing(message: string, image: string): InputError {
  return new InputError([{input: 'images', message}], {
    hint: `Nothing was written or built. Give the images (image-release release --images ${image} --strategy release), or have ${CONFIG_FILE} written: image-release init --write.`
  })
}
