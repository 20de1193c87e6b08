import {describe, expect, it} from '@jest/globals'
import {COMMANDS, loadCommand} from '../../src/commands.js'
import {command} from '../../src/command/command.js'
import {BUILT_INS, builtInHelp, commandHelp, overview, remarks} from '../../src/cli/help.js'
import {variableOf} from '../../src/cli/arguments.js'
import {choice, count, flag, lines, list, required, text} from '../../src/command/input.js'

const sample = command({
  name: 'paint',
  summary: 'Paint a wall.',
  description: `Paints a wall in one colour. ${'It takes care of the edges. '.repeat(5)}`.trim(),
  inputs: {
    walls: required(list({summary: 'The walls.', placeholder: 'WALL'}, wall => wall)),
    notes: lines({summary: 'Notes.'}, note => note),
    colour: choice(['red', 'blue'], {summary: 'The colour.', default: 'blue'}),
    coats: count({summary: 'How many coats.', min: 1, max: 9, default: '2'}),
    dry: flag({summary: 'Do not paint.'}),
    key: text({summary: 'The key of the house.', secret: true})
  },
  outputs: {area: 'The area in square metres.'},
  examples: [{line: 'image-release paint --walls north', remark: 'One wall'}],
  run: () => Promise.resolve({area: '9'})
})

describe('the help of a command', () => {
  it('is this', () => {
    expect(commandHelp(sample)).toMatchInlineSnapshot(`
     "image-release paint: Paint a wall.

     Paints a wall in one colour. It takes care of the edges. It takes care of the
     edges. It takes care of the edges. It takes care of the edges. It takes care of
     the edges.

     Usage: image-release paint [FLAGS]

     Flags:
       --walls WALL
           The walls. Required. Separated by commas or lines, or given again.
       --notes LINE
           Notes. One a line, or given again.
       --colour red|blue
           The colour. [default: blue]
       --coats N
           How many coats. [default: 2]
       --dry
           Do not paint.

     Secrets, by variable only:
       IMAGE_RELEASE_KEY
           The key of the house.

     For every command:
       --help
           Show this help.
       --event NAME
           The event, as GitHub names it, or tag or branch for a push of one; default
           push.
       --ref REF
           The full ref, for example refs/tags/v1.2.3, or its name where the event
           says what it is; default what is checked out.
       --sha COMMIT
           The commit; default what is checked out.
       --records-folder FOLDER
           Where digest records are; default .image-release/records.
       --yes
           Do not ask before something is written. Only a terminal is asked.
       --summary FILE
           Append the summary, as Markdown, to a file.
       --output NAME
           Print this one output as it is, not all of them.
       --json
           Print all outputs as JSON, on a terminal, too; lists are arrays. What is
           piped always is JSON.

     Outputs:
       area
           The area in square metres.

     Examples:
       # One wall
       image-release paint --walls north"
    `)
  })

  it('says of an input what it is, and how it is given', () => {
    expect(remarks(sample.inputs.walls)).toBe(
      'The walls. Required. Separated by commas or lines, or given again.'
    )
    expect(remarks(sample.inputs.dry)).toBe('Do not paint.')
  })
})

describe('the help of the program', () => {
  it('names every command, and how it ends', () => {
    const help = overview([sample])
    expect(help).toMatch(/\n {2}paint +Paint a wall\.\n/)
    expect(help).toMatch(/\n {2}completion +Print the script/)
    expect(help).toMatch(/\n {2}-v, --version +Print the version\.\n/)
    expect(help).toContain('Exit codes: 0 done, 1 failed, 2 wrong use.')
  })
})

describe('what the command line answers by itself', () => {
  it.each(BUILT_INS.map(one => [one.name, one] as const))('%s has a help that fits', (_, one) => {
    const help = builtInHelp(one, 60)
    expect(help).toContain(`Usage: ${one.usage}`)
    expect(help.split('\n').filter(line => line.length > 60 && line.includes(' '))).toEqual([])
  })

  it('lists all commands in lines that fit', async () => {
    const all = await Promise.all([...COMMANDS.keys()].map(loadCommand))
    for (const columns of [60, 80, 100])
      expect(
        overview(all, columns)
          .split('\n')
          .filter(line => line.length > columns)
      ).toEqual([])
  })
})

describe.each([...COMMANDS.keys()])('the help of %s', name => {
  it('tells of every input and output, in lines that fit, without the flag of a secret', async () => {
    const real = await loadCommand(name)
    const help = commandHelp(real)
    expect(real.name).toBe(name)
    for (const [input, {secret}] of Object.entries(real.inputs)) {
      expect(help.includes(`\n  --${input}`)).toBe(!secret)
      if (secret) expect(help).toContain(`\n  ${variableOf(input)}\n`)
    }
    for (const output of Object.keys(real.outputs)) expect(help).toContain(`\n  ${output}\n`)
  })

  it.each([60, 80, 100])('fits %s columns', async columns => {
    // Command lines are to be copied, and a list of choices or an address is one word.
    const isWhole = (line: string): boolean =>
      /^ {2}(IMAGE_RELEASE_\S+ )?(image-release |--)| {2}\S+$|^\S+$|^ *\S{40,}$/.test(line)
    const lines = commandHelp(await loadCommand(name), columns).split('\n')
    expect(lines.filter(line => line.length > columns && !isWhole(line))).toEqual([])
  })
})
