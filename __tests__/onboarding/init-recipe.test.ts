import {execFileSync} from 'node:child_process'
import {describe, expect, it} from '@jest/globals'
import {accountsOf} from '../../src/onboarding/onboarding-plan.js'
import {component, itWith} from '../support/components.js'
import {newFindings, planned, writtenJobs, writtenText} from './written-workflow.js'
import {MATRIX, TWO_JOBS} from './workflow-cases.js'

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

  it.each([
    [
      'a merge by a matrix',
      ['    environment: production\n', '    strategy: {matrix: {a: [1]}}\n'],
      /merges several images by a matrix/
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
    const plan = planned(MATRIX.replace(from, to))
    expect(plan.files).toEqual([])
    expect(plan.notes.join('\n')).toMatch(why)
  })

  it.each(Object.entries({MATRIX, TWO_JOBS}))(
    'writes what GitHub’s language service takes: %s',
    async (_, text) => {
      expect(await newFindings(text, writtenText(planned(text)))).toEqual([])
    }
  )

  itWith(['actionlint']).each(Object.entries({MATRIX, TWO_JOBS}))(
    'writes what actionlint takes: %s',
    (_, text) => {
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
    }
  )
})
