import {execFileSync} from 'node:child_process'
import {describe, expect, it} from '@jest/globals'
import {accountsOf} from '../../src/onboarding/onboarding-plan.js'
import {component, itWith} from '../support/components.js'
import {newFindings, planned, writtenJobs, writtenText} from './written-workflow.js'
import {MATRIX, MATRIX_OF_IMAGES, MATRIX_OF_VARIANTS, TWO_JOBS} from './workflow-cases.js'

const CASES = {MATRIX, TWO_JOBS, MATRIX_OF_IMAGES, MATRIX_OF_VARIANTS}
const PLANS = 'fromJSON(needs.plan.outputs.plans)'

describe('init and Docker’s recipe for several platforms', () => {
  it('plans once by the rules of the merge, and keeps matrix, runners and all other steps', () => {
    const plan = planned(MATRIX)
    const {plan: first, build, merge, test} = writtenJobs(plan)
    expect(test).toEqual({'runs-on': 'ubuntu-latest', steps: [{run: 'make test'}]})
    expect(first).toEqual({
      needs: ['test'],
      'runs-on': 'ubuntu-latest',
      permissions: {contents: 'read'},
      outputs: {
        plan: '${{ steps.meta.outputs.plan || steps.meta.outputs.plan-artifact }}',
        push: '${{ steps.meta.outputs.push }}',
        version: '${{ steps.meta.outputs.version }}'
      },
      steps: [
        {
          id: 'meta',
          uses: 'org/image-release/compute-tags@v1',
          with: {
            images: '${{ env.IMAGE }}\nghcr.io/acme/app\n',
            tags: 'type=semver,pattern={{version}}\ntype=semver,pattern={{major}}.{{minor}}\n',
            labels: 'team=web\n',
            platforms: 'linux/amd64,linux/arm64'
          }
        }
      ]
    })
    expect(build).toMatchObject({
      needs: ['test', 'plan'],
      'runs-on': '${{ matrix.runner }}',
      strategy: {'fail-fast': false, matrix: {include: [{platform: 'linux/amd64'}, {runner: 'arm-large'}]}}
    })
    expect(build?.steps?.map(({uses}) => uses?.replace(/@.*/, ''))).toEqual([
      undefined,
      'actions/checkout',
      'docker/login-action',
      // The plan has images on ghcr.io, too.
      'docker/login-action',
      'org/image-release/build-by-digest'
    ])
    expect(build?.steps?.[4]).toEqual({
      id: 'build',
      uses: 'org/image-release/build-by-digest@v1',
      with: {
        context: '.',
        platforms: '${{ matrix.platform }}',
        'cache-from': 'type=gha,scope=${{ env.PAIR }}',
        plan: '${{ needs.plan.outputs.plan }}'
      }
    })
    expect(merge).toMatchObject({
      needs: ['build', 'plan'],
      environment: 'production',
      if: "github.event_name != 'pull_request'"
    })
    expect(merge?.steps?.slice(2)).toEqual([
      {
        name: 'Create manifest list and push',
        if: "needs.plan.outputs.push == 'true'",
        uses: 'org/image-release/merge-manifest@v1',
        with: {plan: '${{ needs.plan.outputs.plan }}'}
      },
      {
        name: 'Inspect image',
        run: 'docker buildx imagetools inspect ${{ env.IMAGE }}:${{ needs.plan.outputs.version }}'
      }
    ])
    expect(writtenText(plan)).toMatch(/\n\n {2}plan:\n[^]*\n {2}# one job for each platform\n {2}build:\n/)
    expect(writtenText(plan)).not.toContain('# hand it over')
    expect(accountsOf(plan)).toMatch(
      /jobs\.build\.steps\[5\] \(2 values\): taken over: the records of the plan/
    )
  })

  it('takes jobs of their own for each platform, and tags from the lines of the merge', () => {
    const {plan: first, amd64, arm64, merge} = writtenJobs(planned(TWO_JOBS))
    expect(first?.steps?.at(-1)?.with).toEqual({
      images: 'ghcr.io/acme/app',
      tags: 'type=raw,value=latest\ntype=sha,format=long,prefix=',
      flavor: 'latest=false',
      platforms: 'linux/amd64,linux/arm64'
    })
    for (const job of [amd64, arm64]) {
      expect(job).toMatchObject({needs: 'plan', outputs: {digest: '${{ steps.build.outputs.digest }}'}})
      expect(job?.steps?.[1]?.with).toMatchObject({
        platforms: "${{ runner.arch == 'ARM64' && 'linux/arm64' || 'linux/amd64' }}"
      })
    }
    expect(merge).toMatchObject({needs: ['amd64', 'arm64', 'plan']})
    expect(merge?.steps?.map(({uses}) => uses)).toEqual(['org/image-release/merge-manifest@v1'])
  })

  it('plans each image that a matrix merges, and gives the jobs of its builds their own plan', () => {
    const plan = planned(MATRIX_OF_IMAGES)
    const {plan: first, build, merge} = writtenJobs(plan)
    expect(first?.['outputs']).toEqual({
      plans: [
        '{',
        ...['api', 'web'].map((name, at) => {
          const fields = ['plan', 'push', 'version'].map(output => {
            const from = `steps.meta-${name}.outputs.${output}`
            const text = output === 'plan' ? `${from} || steps.meta-${name}.outputs.plan-artifact` : from
            return `"${output}": \${{ toJSON(${text}) }}`
          })
          return `  "${name}": {${fields.join(', ')}}${at === 0 ? ',' : ''}`
        }),
        '}\n'
      ].join('\n')
    })
    const tags = 'type=semver,pattern={{version}}\ntype=ref,event=branch\n'
    expect(first?.steps?.map(step => step.with)).toEqual([
      {labels: 'part=api', images: 'ghcr.io/acme/api', tags, platforms: 'linux/amd64,linux/arm64'},
      {labels: 'part=web', images: 'ghcr.io/acme/web', tags, platforms: 'linux/amd64'}
    ])
    // What stood in a variable that asks for the matrix stands in its place; the job that plans has no matrix.
    expect(first).not.toHaveProperty('env')
    expect(build?.['strategy']).toMatchObject({matrix: {exclude: [{platform: 'linux/arm64'}]}})
    expect(build?.steps?.map(({uses, run}) => uses?.replace(/@.*/, '') ?? run)).toEqual([
      'actions/checkout',
      'mkdir -p /tmp/digests',
      'org/image-release/build-by-digest'
    ])
    expect(build?.steps?.at(-1)?.with).toEqual({
      context: '${{ matrix.service.folder }}',
      platforms: '${{ matrix.platform }}',
      plan: `\${{ ${PLANS}[matrix.service.name].plan }}`
    })
    expect(merge).toMatchObject({
      strategy: {'fail-fast': false, matrix: {name: ['api', 'web']}},
      env: {IMAGE: 'ghcr.io/acme/${{ matrix.name }}'}
    })
    expect(merge?.steps).toEqual([
      {
        if: "fromJSON(needs.plan.outputs.plans || '{}')[matrix.name].push == 'true'",
        uses: 'org/image-release/merge-manifest@v1',
        with: {plan: `\${{ ${PLANS}[matrix.name].plan }}`}
      },
      {run: `docker buildx imagetools inspect \${{ env.IMAGE }}:\${{ ${PLANS}[matrix.name].version }}`}
    ])
    expect(accountsOf(plan)).toMatch(/jobs\.merge\.strategy \(3 values\): kept as it is/)
    expect(accountsOf(plan)).toMatch(
      /jobs\.merge\.steps\[1\] \(4 values\): taken over: the step of compute-tags/
    )
  })

  it('tells variants apart by several values, and has the matrix of the merge in the rules of each', () => {
    const {plan: first, amd64, arm64, merge} = writtenJobs(planned(MATRIX_OF_VARIANTS))
    const key = "[format('{0} {1}', matrix.python, matrix.base)]"
    expect(first?.steps?.map(({id, with: given}) => [id, given?.['tags'], given?.['flavor']])).toEqual(
      [
        ['3.12', 'slim', 'null', ''],
        ['3.12', 'alpine', 'null', '-alpine'],
        ['3.13', 'slim', 'true', ''],
        ['3.13', 'alpine', 'null', '-alpine']
      ].map(([python = '', base = '', latest = '', suffix = '']) => [
        `tags-${python.replace('.', '-')}-${base}`,
        `type=semver,pattern={{version}},prefix=py${python}-\ntype=raw,value=\${{ '${base}' == 'slim' && 'edge' || format('edge-on-{0}', '${base}') }},enable=\${{ ${python} == 3.13 && github.ref == 'refs/heads/main' }}\n`,
        `latest=\${{ ${latest} && 'auto' || 'false' }}\nsuffix=${suffix}\n`
      ])
    )
    for (const job of [amd64, arm64]) {
      expect(job?.steps).toHaveLength(2)
      expect(job?.steps?.[1]?.with).toMatchObject({plan: `\${{ ${PLANS}${key}.plan }}`})
    }
    expect(merge?.steps).toMatchObject([{with: {plan: `\${{ ${PLANS}${key}.plan }}`}}])
  })

  it('has the lines that decide tags in the plan, with the checkout that they read', () => {
    const lines = '      - run: echo "V=$(cat VERSION)" >> "$GITHUB_ENV"\n'
    const text = MATRIX_OF_IMAGES.replace(
      '      - id: meta\n',
      `      - uses: actions/checkout@v4\n${lines}      - id: meta\n`
    ).replace('type=semver,pattern={{version}}', 'type=raw,value=${{ env.V }}')
    const {plan: first, merge} = writtenJobs(planned(text))
    expect(first?.steps?.slice(0, 2)).toEqual([
      {uses: 'actions/checkout@v4'},
      {run: 'echo "V=$(cat VERSION)" >> "$GITHUB_ENV"'}
    ])
    expect(first?.steps?.map(({id}) => id)).toEqual([undefined, undefined, 'meta-api', 'meta-web'])
    expect(merge?.steps?.[0]).toEqual({uses: 'actions/checkout@v4'})
  })

  const leftAlone = (text: string, why: RegExp): void => {
    const plan = planned(text)
    expect(plan.files).toEqual([])
    expect(plan.notes.join('\n')).toMatch(why)
  }

  it.each<[string, string, string, RegExp]>([
    [
      'no build makes one',
      'name: [api, web]',
      'name: [api, web, worker]',
      /no job builds what the job merge merges as worker/
    ],
    [
      'a run decides them',
      'name: [api, web]',
      'name: ${{ fromJSON(vars.N) }}',
      /only a run can tell which images the job merge/
    ],
    [
      'they differ by what no build has',
      'name: [api, web]',
      'name: [api, web]\n        at: [a, b]',
      /no value of the matrix/
    ],
    [
      'lines before the merge need the matrix',
      '      - id: meta\n',
      '      - run: echo "V=${{ matrix.name }}" >> "$GITHUB_ENV"\n      - id: meta\n        env: {V: "${{ env.V }}"}\n',
      /lines before it that ask for its matrix/
    ],
    [
      'an input needs a whole matrix',
      'images: ${{ env.IMAGE }}',
      'images: ${{ join(matrix, env.IMAGE) }}',
      /the job that plans has no matrix, and images/
    ],
    [
      'labels differ for each platform',
      'part=${{ matrix.service.name }}',
      'on=${{ matrix.platform }}',
      /the job that plans has no matrix, and labels/
    ]
  ])('leaves images of a matrix alone where %s, and says why', (_, from, to, why) => {
    expect(MATRIX_OF_IMAGES).toContain(from)
    leftAlone(MATRIX_OF_IMAGES.replace(from, to), why)
  })

  it.each([
    [
      'a merge by a matrix that no build has',
      ['    environment: production\n', '    strategy: {matrix: {image: [a, b]}}\n'],
      /no value of the matrix of the job merge tells which builds it merges/
    ],
    [
      'lines that do more',
      ['          docker buildx imagetools', '          ./notify\n          docker buildx imagetools'],
      /does more than that: ".\/notify"/
    ],
    [
      'platforms that a run decides',
      ['platform: linux/arm64', 'platform: "${{ vars.P }}"'],
      /only a run can tell which platforms/
    ],
    ['no merge', ['imagetools create', 'imagetools inspect'], /no step runs imagetools create/]
  ])('leaves it alone with %s, and says why', (_, [from = '', to = ''], why) => {
    leftAlone(MATRIX.replace(from, to), why)
  })

  it.each(Object.entries(CASES))('writes what GitHub’s language service takes: %s', async (_, text) => {
    expect(await newFindings(text, writtenText(planned(text)))).toEqual([])
  })

  itWith(['actionlint']).each(Object.entries(CASES))('writes what actionlint takes: %s', (_, text) => {
    const lint = () =>
      execFileSync(
        component('actionlint'),
        ['-shellcheck=', '-pyflakes=', '-ignore', 'label "arm-large"', '-'],
        {
          input: writtenText(planned(text)),
          encoding: 'utf8'
        }
      )
    expect(lint).not.toThrow()
  })
})
