import {InputError} from '../../errors.js'
import type {PlanValues} from '../plan-inputs.js'
import type {Affix, Flavor} from '../rules/flavor.js'
import type {PeerInputs} from './peer-tags.js'

/**
 * The settings as inputs of docker/metadata-action.
 * @throws InputError for a strategy, variants or services, which it does not know
 */
export function metadataInputs(values: PlanValues): PeerInputs {
  const {strategy, variants, services, images, tags, flavor} = values
  const unknown = [
    ...(strategy === 'none' ? [] : ['strategy']),
    ...(variants.length === 0 ? [] : ['variants']),
    ...(services.length === 0 ? [] : ['services'])
  ]
  if (unknown.length > 0)
    throw new InputError(
      unknown.map(input => ({
        input,
        message: 'docker/metadata-action knows none: against-metadata compares images, tags and flavor alone'
      }))
    )
  return {
    images: images.map(({name, enable}) => `name=${name},enable=${String(enable)}`).join('\n'),
    tags: (tags ?? []).map(({text}) => text).join('\n'),
    flavor: flavor === undefined ? '' : flavorText(flavor),
    shortShaLength: values['short-sha-length']
  }
}

function flavorText({latest, prefix, suffix}: Flavor): string {
  const line = (name: string, {template, onLatest}: Affix): string[] =>
    template.source === '' ? [] : [`${name}=${template.source}${onLatest ? ',onlatest=true' : ''}`]
  return [`latest=${latest}`, ...line('prefix', prefix), ...line('suffix', suffix)].join('\n')
}
