// How compute-tags grows with rules, images and variants: 100 x 10 x 50 in under a second, and in proportion.
import path from 'node:path'
import {measure} from './measure.mjs'

const ROOT = path.resolve(import.meta.dirname, '..')
const EVENT = path.join(ROOT, '__tests__/fixtures/events/push-tag.json')

function step(dist, rules, images, variants) {
  const axis = Array.from({length: variants}, (_, number) => `3.${number}`).join(',')
  const tags = Array.from({length: rules}, (_, number) => `type=semver,pattern=r${number}-{{version}}`)
  const names = Array.from({length: images}, (_, number) => `ghcr.io/octo/hello-${number}`)
  const suffix = variants > 1 ? 'suffix=-{{variant}},onlatest=true' : ''
  return {
    name: `${rules} x ${images} x ${variants}`,
    size: rules * images * variants,
    args: [path.join(dist, 'compute-tags.js')],
    env: {
      GITHUB_ACTIONS: 'true',
      GITHUB_EVENT_NAME: 'push',
      GITHUB_EVENT_PATH: EVENT,
      GITHUB_REF: 'refs/tags/v1.2.3',
      GITHUB_REPOSITORY: 'octo/hello',
      GITHUB_SHA: '860c1904a1ce19322e91ac35af1ab07466440c37',
      INPUT_ASK: 'never',
      INPUT_IMAGES: names.join('\n'),
      INPUT_TAGS: tags.join('\n'),
      INPUT_FLAVOR: suffix,
      INPUT_VARIANTS: variants > 1 ? `python=${axis}` : ''
    }
  }
}

/** The lines of the report, and whether the aim was met: the largest plan in a second, and no worse than in proportion. */
export async function benchPlanSize({dist, runs}) {
  const programs = [
    step(dist, 1, 1, 1),
    step(dist, 50, 10, 25),
    step(dist, 100, 10, 25),
    step(dist, 100, 10, 50)
  ]
  const times = await measure(programs, runs)
  const [base, ...sizes] = programs.map(({name, size}) => ({name, size, time: times.get(name)}))
  const largest = sizes.at(-1)
  const growth = sizes.slice(1).map((larger, position) => {
    const smaller = sizes[position]
    return (larger.time - base.time) / (smaller.time - base.time) / (larger.size / smaller.size)
  })
  const lines = [
    `${base.name.padEnd(34)}${'1.00'.padStart(6)} x the smallest plan`,
    ...sizes.map(
      ({name, time}) => `${name.padEnd(34)}${(time / base.time).toFixed(2).padStart(6)} x the smallest plan`
    ),
    ...growth.map((factor, position) => {
      const name = `growth to ${sizes[position + 1].name}`
      return `${name.padEnd(34)}${factor.toFixed(2).padStart(6)} x in proportion`
    })
  ]
  const isMet = largest.time < 1000 && growth.every(factor => factor < 1.5)
  return {lines, isMet, aim: `${largest.name} in under a second, in proportion`}
}
