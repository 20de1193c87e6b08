import {ReleaseError} from '../../errors.js'
import {nearest} from '../../shared/did-you-mean.js'
import {formatRepository} from '../../oci/reference.js'
import type {DeployedImage} from './deployed-image.js'

const WORDS = ['tag', 'digest', 'image', 'registry', 'repository', 'target'] as const

type Word = (typeof WORDS)[number]

/** A message with places for what is deployed. */
export type MessageTemplate = (image: DeployedImage) => string

/**
 * Reads a template such as `Update image to {{tag}}`.
 * @throws ReleaseError INPUT_INVALID for a word that is not known
 */
export function parseMessageTemplate(template: string): MessageTemplate {
  for (const [, name = ''] of template.matchAll(/\{\{\s*([^}]*?)\s*\}\}/g))
    if (!WORDS.some(word => word === name)) throw unknownWord(name)
  return image =>
    template.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => valuesOf(image)[name as Word]).trim()
}

function valuesOf({tag, digest, repository, target}: DeployedImage): Readonly<Record<Word, string>> {
  return {
    tag: tag ?? digest,
    digest,
    image: formatRepository(repository),
    registry: repository.registry,
    repository: repository.name,
    target
  }
}

function unknownWord(name: string): ReleaseError {
  const guess = nearest(name, WORDS)
  const advice = guess === undefined ? `known are ${WORDS.join(', ')}` : `did you mean ${guess}?`
  return new ReleaseError('INPUT_INVALID', `{{${name}}} is not known in a message; ${advice}`)
}
