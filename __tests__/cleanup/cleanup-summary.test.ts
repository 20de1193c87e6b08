import {describe, expect, it} from '@jest/globals'
import {cleanupLines} from '../../src/cleanup/cleanup-summary.js'
import {patterns, plan} from './named-worlds.js'
import {SimulatedHost} from './simulated-host.js'
import {NOW} from './worlds.js'

/** A package with something of every kind, on GitHub. */
function packageOfAllKinds(): SimulatedHost {
  const host = new SimulatedHost({kind: 'ghcr'})
  const [amd, arm, shared] = [host.put({age: 240}), host.put({age: 240}), host.put({age: 240})]
  const old = host.put({children: [amd, arm, shared], tags: ['1.0.0', '1.0'], age: 240})
  host.put({subject: old, age: 239})
  for (let at = 1; at <= 5; at++) host.put({tags: [`1.0.${at}`, `keep-${at}`], age: 200 - at})
  for (let at = 3; at <= 8; at++) host.put({tags: [`nightly-${at}`], age: 12})
  host.put({children: [shared], tags: ['2.0.0', 'latest', 'nightly-2'], age: 30})
  return host
}

const RULES = {
  'keep-versions': '1',
  'delete-tags': 'glob:nightly-*, glob:weekly-*',
  'keep-tags': 'glob:keep-*',
  untagged: 'true',
  'min-age': '24h'
}

describe('what people see of a clean-up', () => {
  it('is in a dry run each tag that would go, what stays by its reasons, and the size and age of each image', async () => {
    const {ports} = await packageOfAllKinds().clean({...RULES, 'dry-run': 'true'})
    expect(ports.reporter.lines.join('\n')).toMatchInlineSnapshot(`
     "registry.example/org/app: would go: 4 of 17 manifests, and 6 tags of what stays; frees up to 1.5 KiB
       tags that would go (8):
         1.0, 1.0.0, 1.0.1, 1.0.2, 1.0.3, 1.0.4, 1.0.5, nightly-2
       would go tag  nightly-2                                                                                          delete-tags glob:nightly-*
       would go tag  1.0.5                                                                                              an older version
       would go tag  1.0.4                                                                                              an older version
       would go tag  1.0.3                                                                                              an older version
       would go tag  1.0.2                                                                                              an older version
       would go tag  1.0.1                                                                                              an older version
       would go      sha256:974f3ecd462fa885c1bdc935c3d12681e0489e02b259416da52c600038760960 (1.0.0, 1.0)  10 d  574 B  an older version
       would go      sha256:aadb4323fc6ac663498759973448011185ca85c83fc012fe2c485b690f12192b               10 d  276 B  untagged
       would go      sha256:e75973655f19254d88788b6db4b07ee8be8d5dd150949c31eda0e6a3f2e523b1               10 d  276 B  untagged
       would go      sha256:62e42c4cdf47abc984221172933675d4c3e2be9f4a5dcd2cfedfcdd0e72576cc               9 d   436 B  untagged
       stays         6 manifests (nightly-8, nightly-7, nightly-6, nightly-5, nightly-4, nightly-3)                     too young
       stays         sha256:30c4d265be1b14e18ec2b6b258ecaafa1c2899a0a37a65203b15137a91efac22                            reached by what stays
     nothing matches delete-tags glob:weekly-*"
    `)
    expect(ports.reporter.summaries.join('\n')).toMatchInlineSnapshot(`
     "## Clean-up (dry run, nothing was deleted)

     > Nothing matches \`delete-tags glob:weekly-*\`: is it spelt right?

     ### registry.example/org/app

     Would go: 4 of 17 manifests, and 6 tags of what stays; frees up to 1.5 KiB.

     Tags that would go (8): \`1.0\`, \`1.0.0\`, \`1.0.1\`, \`1.0.2\`, \`1.0.3\`, \`1.0.4\`, \`1.0.5\`, \`nightly-2\`

     |  | Digest | Tags | Age | Size | Why |
     | --- | --- | --- | --- | --- | --- |
     | would go (tag) |  | \`nightly-2\` |  |  | delete-tags glob:nightly-&#42; |
     | would go (tag) |  | \`1.0.5\` |  |  | an older version |
     | would go (tag) |  | \`1.0.4\` |  |  | an older version |
     | would go (tag) |  | \`1.0.3\` |  |  | an older version |
     | would go (tag) |  | \`1.0.2\` |  |  | an older version |
     | would go (tag) |  | \`1.0.1\` |  |  | an older version |
     | would go | \`974f3ecd462f\` | \`1.0.0\`, \`1.0\` | 10 d | 574 B | an older version |
     | would go | \`aadb4323fc6a\` |  | 10 d | 276 B | untagged |
     | would go | \`e75973655f19\` |  | 10 d | 276 B | untagged |
     | would go | \`62e42c4cdf47\` |  | 9 d | 436 B | untagged |

     <details><summary>7 stay although a rule chose them</summary>

     | What stays | Why |
     | --- | --- |
     | 6 manifests (nightly-8, nightly-7, nightly-6, nightly-5, nightly-4, nightly-3) | too young |
     | \`30c4d265be1b\` | reached by what stays |

     </details>"
    `)
  })

  it('is afterwards what went, and what the host did not delete with its tags and why', async () => {
    const host = packageOfAllKinds()
    const old = host.at('1.0.0')!
    host.hook = request =>
      request.startsWith('DELETE') && request.endsWith(`/${old.id}`)
        ? {
            status: 400,
            body: {
              message: 'Publicly visible package versions with more than 5000 downloads cannot be deleted.'
            }
          }
        : undefined
    const {ports} = await host.clean(RULES)
    const {lines, warnings, notices, summaries} = ports.reporter
    expect([...lines, ...notices, ...warnings].join('\n')).toMatchInlineSnapshot(`
     "registry.example/org/app: deleted: 0 of 17 manifests, and 6 tags of what stays; the host did not delete 1
       tags that went (6):
         1.0.1, 1.0.2, 1.0.3, 1.0.4, 1.0.5, nightly-2
       deleted tag  nightly-2                                                                                 delete-tags glob:nightly-*
       deleted tag  1.0.5                                                                                     an older version
       deleted tag  1.0.4                                                                                     an older version
       deleted tag  1.0.3                                                                                     an older version
       deleted tag  1.0.2                                                                                     an older version
       deleted tag  1.0.1                                                                                     an older version
       stays        6 manifests (nightly-8, nightly-7, nightly-6, nightly-5, nightly-4, nightly-3)            too young
       stays        sha256:30c4d265be1b14e18ec2b6b258ecaafa1c2899a0a37a65203b15137a91efac22                   reached by what stays
       stays        sha256:aadb4323fc6ac663498759973448011185ca85c83fc012fe2c485b690f12192b                   part of sha256:974f3ecd462fa885c1bdc935c3d12681e0489e02b259416da52c600038760960, which was not deleted
       stays        sha256:e75973655f19254d88788b6db4b07ee8be8d5dd150949c31eda0e6a3f2e523b1                   part of sha256:974f3ecd462fa885c1bdc935c3d12681e0489e02b259416da52c600038760960, which was not deleted
       stays        sha256:62e42c4cdf47abc984221172933675d4c3e2be9f4a5dcd2cfedfcdd0e72576cc                   part of sha256:974f3ecd462fa885c1bdc935c3d12681e0489e02b259416da52c600038760960, which was not deleted
       cannot go    sha256:974f3ecd462fa885c1bdc935c3d12681e0489e02b259416da52c600038760960 (1.0.0, 1.0)      it has more than 5,000 downloads, and the package is public
     nothing matches delete-tags glob:weekly-*
     registry.example/org/app: sha256:62e42c4cdf47abc984221172933675d4c3e2be9f4a5dcd2cfedfcdd0e72576cc stays: part of sha256:974f3ecd462fa885c1bdc935c3d12681e0489e02b259416da52c600038760960, which was not deleted
     registry.example/org/app: sha256:e75973655f19254d88788b6db4b07ee8be8d5dd150949c31eda0e6a3f2e523b1 stays: part of sha256:974f3ecd462fa885c1bdc935c3d12681e0489e02b259416da52c600038760960, which was not deleted
     registry.example/org/app: sha256:aadb4323fc6ac663498759973448011185ca85c83fc012fe2c485b690f12192b stays: part of sha256:974f3ecd462fa885c1bdc935c3d12681e0489e02b259416da52c600038760960, which was not deleted
     registry.example/org/app: sha256:974f3ecd462fa885c1bdc935c3d12681e0489e02b259416da52c600038760960 (1.0.0, 1.0) was not deleted: it has more than 5,000 downloads, and the package is public. GitHub deletes it only for its support; a package that is made private first loses this limit."
    `)
    expect(summaries.join('\n')).toMatchInlineSnapshot(`
     "## Clean-up

     > Nothing matches \`delete-tags glob:weekly-*\`: is it spelt right?

     ### registry.example/org/app

     Deleted: 0 of 17 manifests, and 6 tags of what stays; the host did not delete 1.

     Tags that went (6): \`1.0.1\`, \`1.0.2\`, \`1.0.3\`, \`1.0.4\`, \`1.0.5\`, \`nightly-2\`

     |  | Digest | Tags | Age | Size | Why |
     | --- | --- | --- | --- | --- | --- |
     | deleted (tag) |  | \`nightly-2\` |  |  | delete-tags glob:nightly-&#42; |
     | deleted (tag) |  | \`1.0.5\` |  |  | an older version |
     | deleted (tag) |  | \`1.0.4\` |  |  | an older version |
     | deleted (tag) |  | \`1.0.3\` |  |  | an older version |
     | deleted (tag) |  | \`1.0.2\` |  |  | an older version |
     | deleted (tag) |  | \`1.0.1\` |  |  | an older version |
     | cannot go | \`974f3ecd462f\` | \`1.0.0\`, \`1.0\` |  |  | it has more than 5,000 downloads, and the package is public |

     <details><summary>10 stay although a rule chose them</summary>

     | What stays | Why |
     | --- | --- |
     | 6 manifests (nightly-8, nightly-7, nightly-6, nightly-5, nightly-4, nightly-3) | too young |
     | \`30c4d265be1b\` | reached by what stays |
     | \`aadb4323fc6a\` | part of \`974f3ecd462f\`, which was not deleted |
     | \`e75973655f19\` | part of \`974f3ecd462f\`, which was not deleted |
     | \`62e42c4cdf47\` | part of \`974f3ecd462f\`, which was not deleted |

     </details>"
    `)
  })

  it.each([
    [
      'says that the host kept it, where that is all there was',
      {status: 409, body: {message: 'Conflict'}},
      'nothing deleted; the host did not delete 1'
    ],
    [
      'says nothing of it where the host kept nothing',
      undefined,
      'deleted: 1 of 2 manifests; frees up to 276 B'
    ]
  ])('%s', async (_, answer, headline) => {
    const host = new SimulatedHost({kind: 'ghcr'})
    const [old] = [host.put({tags: ['pr-1']}), host.put({tags: ['1.0.0']})]
    host.hook = request =>
      request === `DELETE /orgs/org/packages/container/app/versions/${old.id}` ? answer : undefined
    const {ports} = await host.clean({'delete-tags': 'pr-1'})
    expect(ports.reporter.lines[0]).toBe(`registry.example/org/app: ${headline}`)
  })

  it('counts one tag as one', async () => {
    const host = new SimulatedHost({kind: 'ghcr'})
    host.put({tags: ['1.0.0', 'pr-1']})
    const {ports} = await host.clean({'delete-tags': 'pr-1', 'dry-run': 'true'})
    expect(ports.reporter.lines[0]).toContain('and 1 tag of what stays')
  })
})

describe('how much a clean-up frees', () => {
  it.each([
    [[100, 50], '; frees up to 150 B'],
    [[100, undefined], '; frees up to 100 B, and 1 of unknown size'],
    [[undefined, undefined], '']
  ])('of sizes %j is said as: %s', (sizes, said) => {
    const nodes = Object.fromEntries(
      sizes.map((size, at) => [`pr-${at}`, {tags: [`pr-${at}`], ...(size === undefined ? {} : {size})}])
    )
    const made = plan(nodes, {deleteTags: patterns('glob:pr-*')})
    const views = [{image: 'org/app', plan: made, undeleted: []}]
    const [first] = cleanupLines({views, caches: [], unmatched: [], isDry: true, now: NOW})
    expect(first).toBe(`org/app: would go: 2 of 2 manifests${said}`)
  })
})
