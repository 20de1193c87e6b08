import {describe, expect, it} from '@jest/globals'
import {COMMANDS, loadCommand} from '../../src/commands.js'
import {GLOBAL_OPTIONS, readArguments, variableOf} from '../../src/cli/arguments.js'
import {choice, count, flag, lines, list, text} from '../../src/command/input.js'

const summary = 'An input of a test.'
const same = (value: string): string => value
const table = {
  images: list({summary, placeholder: 'REPOSITORY'}, same),
  labels: lines({summary}, same),
  context: text({summary, placeholder: 'PATH'}),
  records: lines({summary}, same),
  mode: choice(['all', 'none'], {summary, default: 'all'}),
  tries: count({summary, min: 1, max: 9, default: '3'}),
  'dry-run': flag({summary}),
  password: text({summary, secret: true})
}
const read = (...args: string[]) => readArguments(args, table)

describe('a command line', () => {
  it.each<[string[], Record<string, string>]>([
    [[], {}],
    [['--context', '.'], {context: '.'}],
    [['--context=a=b'], {context: 'a=b'}],
    [['--context='], {context: ''}],
    [['--images', 'a', '--images', 'b,c'], {images: 'a\nb,c'}],
    [['--images=a', '--images=b'], {images: 'a\nb'}],
    [['--labels', 'a=b, c', '--labels', 'd=e'], {labels: 'a=b, c\nd=e'}],
    [['--dry-run'], {'dry-run': 'true'}],
    [['--dry-run=false'], {'dry-run': 'false'}],
    [['--context', '-'], {context: '-'}],
    [['--context', '-x'], {context: '-x'}],
    [['--context=--x'], {context: '--x'}],
    [['--tries', '3', '--mode', 'none'], {tries: '3', mode: 'none'}]
  ])('%j is read', (args, texts) => {
    expect(read(...args)).toEqual({globals: {}, texts, issues: []})
  })

  it.each<[string[], Record<string, string>]>([
    [
      ['--event', 'push', '--ref', 'refs/tags/v1', '--sha', 'abc'],
      {event: 'push', ref: 'refs/tags/v1', sha: 'abc'}
    ],
    [
      ['--records-folder', 'r', '--summary', 's', '--output', 'o'],
      {'records-folder': 'r', summary: 's', output: 'o'}
    ],
    [['--help'], {help: 'true'}],
    [['-h'], {help: 'true'}]
  ])('%j is for every command', (args, globals) => {
    expect(read(...args)).toEqual({globals, texts: {}, issues: []})
  })

  it.each<[string[], Record<string, string>, Record<string, string>]>([
    [['--records', 'rec'], {'records-folder': 'rec'}, {}],
    [['--records', 'digest-a=sha256:1'], {}, {records: 'digest-a=sha256:1'}],
    [['--records', '{"a": {}}'], {}, {records: '{"a": {}}'}],
    [['--records', 'a', '--records', 'b'], {}, {records: 'a\nb'}],
    [['--records', 'a', '--records-folder', 'b'], {'records-folder': 'b'}, {records: 'a'}]
  ])('%j names the folder of records, or records', (args, globals, texts) => {
    expect(read(...args)).toEqual({globals, texts, issues: []})
  })

  it.each<[string[], string[]]>([
    [['--imagse', 'a'], ['imagse: there is no flag --imagse; did you mean --images?']],
    [['--dryrun'], ['dryrun: there is no flag --dryrun; did you mean --dry-run?']],
    [['--refs=x'], ['refs: there is no flag --refs; did you mean --ref?']],
    [['--something-else'], ['something-else: there is no flag --something-else; see --help']],
    [['--constructor=x'], ['constructor: there is no flag --constructor; see --help']],
    [['--__proto__=x'], ['__proto__: there is no flag --__proto__; see --help']],
    [['-x'], ['x: there is no flag -x; see --help']],
    [['--no-dry-run'], ['no-dry-run: there is no flag --no-dry-run; write --dry-run=false']],
    [['--images'], ['images: needs a value: --images REPOSITORY']],
    [['--images', '--dry-run'], ['images: needs a value: --images REPOSITORY']],
    [['--images', '--context', '.'], ['images: needs a value: --images REPOSITORY']],
    [['--ref'], ['ref: needs a value: --ref REF']],
    [['--output', '--dry-run'], ['output: needs a value: --output NAME']],
    [['word'], ['word: is not understood here; values follow a flag']],
    [['--dry-run', 'false'], ['false: is not understood here; write --dry-run=false or --dry-run']],
    [['--context', 'a', '--context', 'b'], ['context: is given 2 times, and takes one value']],
    [['--ref', 'a', '--ref', 'b'], ['ref: is given 2 times, and takes one value']],
    [
      ['--', '--context', 'a'],
      [
        '--context: is not understood here; values follow a flag',
        'a: is not understood here; values follow a flag'
      ]
    ]
  ])('%j is wrong: %j', (args, said) => {
    expect(read(...args).issues.map(({input, message}) => `${input}: ${message}`)).toEqual(said)
  })

  it('says all that is wrong at once, and keeps what is right', () => {
    const {texts, issues} = read('--context', '.', '--imags', 'x', '--tries', '--dry-run')
    expect(texts).toMatchObject({context: '.', 'dry-run': 'true'})
    expect(issues.map(({input}) => input)).toEqual(['imags', 'tries'])
  })

  it.each([[['--password', 'geheim']], [['--password=geheim']], [['--password']]])(
    '%j takes no secret: others can read it',
    args => {
      const {texts, issues} = read(...args)
      expect(issues).toEqual([
        {
          input: 'password',
          message: 'is a secret, and others can read a command line; set IMAGE_RELEASE_PASSWORD instead'
        }
      ])
      expect(JSON.stringify([texts, issues])).not.toContain('geheim')
    }
  )

  it('of a slip in the flag of a secret does not show what stands behind it', () => {
    const {issues} = read('--pasword', 'geheim')
    expect(JSON.stringify(issues)).toContain('did you mean --password?')
    expect(JSON.stringify(issues)).not.toContain('geheim')
  })
})

it.each([
  ['images', 'IMAGE_RELEASE_IMAGES'],
  ['registry-credentials', 'IMAGE_RELEASE_REGISTRY_CREDENTIALS']
])('the input %s has the variable %s', (input, variable) => {
  expect(variableOf(input)).toBe(variable)
})

it.each([...COMMANDS.keys()])('no input of %s is hidden by an option that all commands have', async name => {
  const {inputs} = await loadCommand(name)
  const shared = Object.keys(inputs).filter(input => Object.hasOwn(GLOBAL_OPTIONS, input))
  // Those that print a text say by a flag of their own what their JSON is.
  expect(shared.filter(input => input !== 'json')).toEqual([])
  if (shared.includes('json'))
    expect(readArguments(['--json'], inputs)).toEqual({globals: {}, texts: {json: 'true'}, issues: []})
})
