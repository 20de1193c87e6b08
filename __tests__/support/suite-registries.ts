import {afterAll, afterEach, beforeAll, beforeEach} from '@jest/globals'
import type {Ports} from '../../src/ports.js'
import {type TestPorts, testPorts} from './ports.js'
import {type RunningRegistry, startEmbedded, startEmbeddedWith} from './registries.js'

/** The registries of a suite. All else is of the test that runs. */
export interface SuiteRegistries<T extends readonly RunningRegistry[]> {
  readonly registries: T
  /** With the logins of all registries. */
  readonly ports: TestPorts
  /** A repository that nobody has pushed to yet: `journal/app7`. */
  readonly repository: string
  /** That repository in each registry, in their order. */
  readonly images: readonly string[]
}

/** Two embedded registries, in memory and open. */
export function twoEmbedded() {
  return Promise.all([startEmbedded(), startEmbedded()])
}

/** Two embedded registries: the first is for those who log in, by tokens; the second is open. */
export function tokenAndOpen() {
  return Promise.all([startEmbeddedWith('token'), startEmbedded()])
}

/**
 * Starts registries for a suite, and gives each of its tests ports and a repository of its own.
 * @param folder what all repositories of the suite stand in
 */
export function suiteRegistries<T extends readonly RunningRegistry[]>(
  folder: string,
  start: () => Promise<T>,
  overrides: Partial<Ports> = {}
): SuiteRegistries<T> {
  let registries: T
  let ports: TestPorts
  let number = 0
  const repository = (): string => `${folder}/app${number}`

  beforeAll(async () => {
    registries = await start()
  }, 60_000)
  afterAll(async () => {
    await Promise.all(registries.map(registry => registry.stop()))
  })
  beforeEach(() => {
    ports = testPorts(registries, overrides)
    number += 1
  })
  afterEach(() => ports.close())

  return {
    get registries() {
      return registries
    },
    get ports() {
      return ports
    },
    get repository() {
      return repository()
    },
    get images() {
      return registries.map(({host}) => `${host}/${repository()}`)
    }
  }
}
