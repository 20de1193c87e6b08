import {describe, expect, it} from '@jest/globals'
import {describeWith} from '../support/components.js'
import {
  DISTRIBUTION_2,
  DISTRIBUTION_3,
  OLAREG,
  type RunningRegistry,
  ZOT,
  startDistribution2,
  startDistribution3,
  startOlareg,
  startZot
} from '../support/registries.js'
import {ZOO} from '../support/zoo/entries.js'
import {type Ask, type Sketches, probe} from '../support/zoo/probes.js'
import {startZooRegistry} from '../support/zoo/zoo-registry.js'

const REAL: readonly (readonly [string, readonly string[], () => Promise<RunningRegistry>])[] = [
  ['distribution 2.8', DISTRIBUTION_2, startDistribution2],
  ['distribution 3', DISTRIBUTION_3, startDistribution3],
  ['zot', ZOT, startZot],
  ['olareg', OLAREG, startOlareg]
]

/** What the zoo answers otherwise, and the real registry after it. The zoo may be stricter, and is never kinder. */
const DIFFERENCES: Readonly<Record<string, Readonly<Record<string, readonly [string, string]>>>> = {
  zot: {
    // It takes an index whose images are not there: whoever relied on that would fail everywhere else.
    'PUT of an index whose image is not there': ['400, BLOB_UNKNOWN', '201, digest said, location relative']
  }
}

describe.each(REAL)('the entry %s of the zoo', (name, programs, start) => {
  describeWith(programs, 'beside the real registry', () => {
    it('answers as that does', async () => {
      const [real, zoo] = [await sketchReal(start), await sketchZoo(name)]
      expect(differencesOf(real, zoo)).toEqual(DIFFERENCES[name] ?? {})
    }, 60_000)
  })
})

function differencesOf(real: Sketches, zoo: Sketches): Readonly<Record<string, readonly unknown[]>> {
  const probes = [...new Set([...Object.keys(real), ...Object.keys(zoo)])]
  return Object.fromEntries(
    probes.filter(one => real[one] !== zoo[one]).map(one => [one, [zoo[one], real[one]]])
  )
}

async function sketchReal(start: () => Promise<RunningRegistry>): Promise<Sketches> {
  const registry = await start()
  try {
    return await probe(askerOf(registry), 'zoo/app')
  } finally {
    await registry.stop()
  }
}

function askerOf({host}: RunningRegistry): Ask {
  return async (method, path, {headers = {}, body} = {}) => {
    const response = await fetch(new URL(path, `http://${host}`), {
      method,
      headers,
      ...(body === undefined ? {} : {body: Uint8Array.from(body)}),
      redirect: 'manual'
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    return {status: response.status, headers: Object.fromEntries(response.headers), body: bytes}
  }
}

async function sketchZoo(name: string): Promise<Sketches> {
  const entry = ZOO.find(one => one.name === name)
  if (entry === undefined) throw new Error(`the zoo has no ${name}`)
  const zoo = await startZooRegistry(entry)
  const ask: Ask = async (method, path, {headers = {}, body} = {}) => {
    const response = await zoo.send({
      method: method as 'GET',
      url: new URL(path, `https://${entry.host}`),
      headers,
      ...(body === undefined ? {} : {body})
    })
    return {...response, body: Buffer.concat(await response.body.toArray())}
  }
  try {
    return await probe(ask, 'zoo/app')
  } finally {
    await zoo.close()
  }
}
