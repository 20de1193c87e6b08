import {type BuilderChoice, chooseBuilder} from '../builders/builder-choice.js'
import type {Ports} from '../ports.js'
import type {Registries} from '../registry/registries.js'
import type {BuildInputs} from './build-inputs.js'
import {openRegistries} from './open-registries.js'

/** What all platforms of one call are built and pushed with. */
export interface BuildTools extends BuilderChoice {
  readonly registries: Registries
  readonly ports: Ports
}

/**
 * Chooses the builder, and opens the registries once for all platforms.
 * @throws ReleaseError BUILDER_MISSING
 */
export async function findTools(given: BuildInputs, ports: Ports): Promise<BuildTools> {
  const choice = await chooseBuilder(given.builder ?? 'auto', ports)
  ports.reporter.info(`Builder: ${choice.reason}.`)
  return {...choice, ports, registries: openRegistries(given, ports)}
}
