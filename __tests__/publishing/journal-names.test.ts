import {describe, expect, it} from '@jest/globals'
import type {Plan} from '../../src/contracts/plan.js'
import {planId} from '../../src/contracts/plan-id.js'
import {buildAll, merge, releaseTags} from '../support/releases.js'
import {suiteRegistries, twoEmbedded} from '../support/suite-registries.js'

describe('the name of a journal', () => {
  const lab = suiteRegistries('journals', twoEmbedded)

  /** Publishes, and gives the names that journals were kept by. */
  async function names(texts: (plan: Plan) => Readonly<Record<string, string>>) {
    const tags = releaseTags('1.2.3')
    const plan = await buildAll(lab.ports, {
      images: lab.images,
      version: '1.2.3',
      tags,
      revision: 'c'.repeat(40)
    })
    const kept: string[] = []
    const journal = {
      save: (name: string) => Promise.resolve(void kept.push(name)).then(() => name),
      find: () => Promise.resolve([])
    }
    const {digest} = await merge({...lab.ports, journal}, texts(plan))
    return {kept, digest}
  }

  it('is the version', async () => {
    expect((await names(plan => ({plan: JSON.stringify(plan)}))).kept).toEqual(['1.2.3'])
  })

  it('is the start of the commit where no version is released', async () => {
    const {kept} = await names(({schema, source, push, notes, targets}) => {
      const branch = targets.map(target => ({
        ...target,
        tags: [{name: 'main', class: 'moving' as const, rule: 'ref'}]
      }))
      const content = {source, push, targets: branch}
      return {plan: JSON.stringify({schema, id: planId(content), ...content, notes})}
    })
    expect(kept).toEqual(['c'.repeat(12)])
  })

  it('is the start of the digest where neither is known, and no more than a file may be called', async () => {
    const {kept, digest} = await names(() => ({
      images: lab.images.join(),
      tags: 'by-hand',
      digests: [...lab.ports.records.values()].map(record => Buffer.from(record).toString()).join()
    }))
    expect(kept).toEqual([digest.slice('sha256:'.length, 'sha256:'.length + 12)])
  })
})
