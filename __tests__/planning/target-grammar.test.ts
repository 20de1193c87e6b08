import {describe, expect, it} from '@jest/globals'
import {InputError} from '../../src/errors.js'
import {axisNames, completeAxis, parseAxes} from '../../src/planning/targets/axis.js'
import {parseImages} from '../../src/planning/targets/image-names.js'
import {parseRules} from '../../src/planning/rules/rule-grammar.js'
import {parseServices} from '../../src/planning/targets/service.js'
import {parsePolicy} from '../../src/planning/tags/tag-kind.js'
import {targetNames} from '../../src/planning/targets/target.js'
import {parseChoices, planVariants} from '../../src/planning/targets/variant.js'
import {planned, tagLines} from '../support/planned.js'
import {decide, names, on} from '../support/tag-plans.js'

async function faultsOf(work: () => unknown): Promise<string[]> {
  try {
    await work()
  } catch (error) {
    if (error instanceof InputError) return error.issues.map(({input, message}) => `${input}: ${message}`)
    throw error
  }
  return []
}

describe('an axis', () => {
  it.each([
    ['python=3.9, 3.10 3.11', ['3.9', '3.10', '3.11']],
    ['python=["3.9", "3.10"]', ['3.9', '3.10']],
    ['python=[3.9, 3.10, 3.13]', ['3.9', '3.10', '3.13']],
    ['python = 3.1, 3.2', ['3.1', '3.2']],
    ['node=1.1,1.2,1.9,1.10,1.11', ['1.1', '1.2', '1.9', '1.10', '1.11']],
    ['runtime=cpu', ['cpu']],
    ['go=1.24rc1', ['1.24rc1']]
  ])('%s', (line, values) => {
    expect(parseAxes(line).map(axis => axis.values)).toEqual([values])
  })

  it('is read from a file, a value a line, with remarks', () => {
    const [axis] = parseAxes('python=file:PYTHON_VERSIONS')
    const text = '# Supported\n3.9\n3.10  # the oldest of Debian\n\n3.11, 3.12\r\n'
    expect(completeAxis(axis!, text)).toEqual({name: 'python', values: ['3.9', '3.10', '3.11', '3.12']})
  })

  it('names itself for templates, whatever else stands in the line', () => {
    expect(axisNames('# no\npython=3.9\n runtime = [\nwrong\n')).toEqual(['python', 'runtime'])
  })

  it.each([
    [
      'python=3.9,3.1,3.11',
      'python: 3.1 stands beside 3.9 and 3.11; 3.10 without quotes is the number 3.1 to YAML and JSON: write "3.10"'
    ],
    [
      'python=[3.12, 3.13, 3.1, 3.11]',
      'python: 3.1 stands beside 3.11; 3.10 without quotes is the number 3.1 to YAML and JSON: write "3.10"'
    ],
    [
      'python=3.19,3.2,3.21',
      'python: 3.2 stands beside 3.19 and 3.21; 3.20 without quotes is the number 3.2 to YAML and JSON: write "3.20"'
    ],
    [
      'python=3.1,3.1,3.11',
      'python has the value 3.1 twice; 3.10 without quotes is the number 3.1 to YAML and JSON: write "3.10"'
    ],
    ['python=cpu,cpu', 'python has the value cpu twice'],
    ['python=', 'python has no value'],
    ['python=[]', 'python has no value'],
    ['python=["3.9"', '"[\\"3.9\\"" is not a JSON list: '],
    ['python=[["3.9"]]', '"[[\\"3.9\\"]]" is not a JSON list of texts'],
    ['python=a/b', '"a/b" is not a value that a tag could hold: letters, digits, "_", ".", "+" and "-"'],
    ['Python=3.9', '"Python=3.9" is not of the form axis=values, such as python=3.12,3.13'],
    ['3.9,3.10', '"3.9,3.10" is not of the form axis=values, such as python=3.12,3.13'],
    ['version=1', 'an axis cannot be called version: templates know that name already'],
    ['__proto__=1', '"__proto__=1" is not of the form axis=values, such as python=3.12,3.13']
  ])('is refused: %s', async (line, fault) => {
    const [first = ''] = await faultsOf(() => parseAxes(`\n${line}`))
    expect(first).toContain(`variants: line 2: ${fault}`)
  })

  it.each([
    [undefined, 'variants: line 1: python: there is no file PYTHON_VERSIONS'],
    ['# nothing\n', 'variants: line 1: PYTHON_VERSIONS: python has no value'],
    [
      '3.9\n3.1\n3.11\n',
      'variants: line 1: PYTHON_VERSIONS: python: 3.1 stands beside 3.9 and 3.11; 3.10 without'
    ]
  ])('is refused where its file holds %j', async (text, fault) => {
    const [axis] = parseAxes('python=file:PYTHON_VERSIONS')
    expect((await faultsOf(() => completeAxis(axis!, text)))[0]).toContain(fault)
  })

  it('is refused where it is given twice', async () => {
    expect(await faultsOf(() => parseAxes('a=1\na=2'))).toEqual([
      'variants: line 2: the axis a is given twice'
    ])
  })
})

describe('the variants', () => {
  const axes = [
    {name: 'runtime', values: ['cpu', 'cuda']},
    {name: 'python', values: ['3.9', '3.13']}
  ]
  const plan = (texts: Readonly<Record<'defaults' | 'exclude' | 'include', string>>) =>
    planVariants({
      axes,
      defaults: parseChoices('default-variant', texts.defaults),
      exclude: parseChoices('exclude-variants', texts.exclude),
      include: parseChoices('include-variants', texts.include)
    })
  const NONE = {defaults: '', exclude: '', include: ''}

  it.each([
    [NONE, ['cpu-python3.9', 'cpu-python3.13', 'cuda-python3.9', 'cuda-python3.13'], []],
    [
      {...NONE, defaults: 'runtime=cpu,python=3.13'},
      ['cpu-python3.9', 'cpu-python3.13', 'cuda-python3.9', 'cuda-python3.13'],
      ['cpu-python3.13']
    ],
    [
      {...NONE, exclude: 'python=3.9,runtime=cuda'},
      ['cpu-python3.9', 'cpu-python3.13', 'cuda-python3.13'],
      []
    ],
    [{...NONE, exclude: 'runtime=cuda'}, ['cpu-python3.9', 'cpu-python3.13'], []],
    [
      {
        ...NONE,
        exclude: 'runtime=cuda',
        include: 'python=3.14,runtime=rocm',
        defaults: 'runtime=rocm\npython=3.14'
      },
      ['cpu-python3.9', 'cpu-python3.13', 'rocm-python3.14'],
      ['rocm-python3.14']
    ],
    [
      {...NONE, include: 'runtime=cpu,python=3.9'},
      ['cpu-python3.9', 'cpu-python3.13', 'cuda-python3.9', 'cuda-python3.13'],
      []
    ]
  ])('of %j', (texts, expected, defaults) => {
    const variants = plan(texts)
    expect(variants.map(({name}) => name)).toEqual(expected)
    expect(variants.filter(({isDefault}) => isDefault).map(({name}) => name)).toEqual(defaults)
  })

  it.each([
    [
      {...NONE, defaults: 'pyhton=3.9'},
      'default-variant: line 1: "pyhton" is not an axis of variants; did you mean python?'
    ],
    [
      {...NONE, defaults: 'python=3.1'},
      'default-variant: line 1: "3.1" is not a value of python; did you mean 3.9?'
    ],
    [
      {...NONE, exclude: '\npython=2'},
      'exclude-variants: line 2: "2" is not a value of python; known are 3.9, 3.13'
    ],
    [{...NONE, include: 'python=3.14'}, 'include-variants: line 1: the value of runtime is missing'],
    [{...NONE, exclude: 'runtime=cpu\nruntime=cuda'}, 'exclude-variants: no variant is left'],
    [
      {...NONE, exclude: 'runtime=cpu', defaults: 'runtime=cpu,python=3.9'},
      'default-variant: the default variant (runtime=cpu,python=3.9) is excluded'
    ],
    [{...NONE, exclude: 'cpu'}, 'exclude-variants: line 1: "cpu" is not of the form axis=value'],
    [{...NONE, exclude: 'python=3.9,python=3.13'}, 'exclude-variants: line 1: the axis python is given twice']
  ])('are refused: %j', async (texts, fault) => {
    expect((await faultsOf(() => plan(texts)))[0]).toContain(fault)
  })
})

describe('other grammar of targets that is wrong', () => {
  it.each([
    ['name=api,contxt=a', 'services: line 1: "contxt" is not a setting of a service; did you mean context?'],
    [
      'API',
      'services: line 1: "API" is not the name of a service: lower-case letters, digits, "_", "." and "-"'
    ],
    ['api\napi', 'services: line 2: the service api is given twice'],
    ['name=api,context=a,context=b', 'services: line 1: context is given twice'],
    [
      'api,build-arg=A B',
      'services: line 1: "A B" is not the name of a build argument; write build-arg=NAME=VALUE'
    ],
    ['api,build-arg=SECRET', 'services: line 1: "SECRET" is not the name of a build argument'],
    [
      'api,context={{pyhton}}',
      'services: line 1: column 13: context: "pyhton" is not known in a template; did you mean python?'
    ]
  ])('services: %s', async (text, fault) => {
    expect((await faultsOf(() => parseServices(text, targetNames(['python'], true))))[0]).toContain(fault)
  })

  it.each([
    ['version', 'policy: line 1: "version" is not of the form kind=class, such as version=moving'],
    ['verison=moving', 'policy: line 1: "verison" is not a kind of tag; did you mean version?'],
    ['version=mutable', 'policy: line 1: "mutable" is not a class of tag; did you mean immutable?'],
    ['constructor=moving', 'policy: line 1: "constructor" is not a kind of tag']
  ])('policy: %s', async (text, fault) => {
    expect((await faultsOf(() => parsePolicy(text)))[0]).toContain(fault)
  })

  it.each([
    ['type=sha,on=tags', 'tags: line 1: on="tags" is not known; did you mean tag?'],
    ['type=sha,on=', 'tags: line 1: on is empty: it names the events or refs that the rule is for'],
    [
      'type=sha,on=schedule+dispatch',
      'tags: line 1: on="dispatch" is not known; known are branch, default-branch, tag, pr'
    ],
    ['type=sha,on=push:main', 'tags: line 1: on="push:main" is not known']
  ])('rules: %s', async (text, fault) => {
    expect((await faultsOf(() => parseRules(text)))[0]).toContain(fault)
  })

  it('images: a template', async () => {
    const names = targetNames(['python'], false)
    expect(await faultsOf(() => parseImages('a/b-{{pyhton}}\na/{{python}}\na/{{branch}}', names))).toEqual([
      'images: line 1: "pyhton" is not known in a template; did you mean python?',
      'images: line 3: "branch" is not known at this place; known are python, variant, service, is_default_variant, is_not_default_variant'
    ])
    expect((await faultsOf(() => parseImages('a/{{branch}}')))[0]).toContain(
      '"branch" is not known at this place'
    )
  })
})

describe('a rule with on=', () => {
  it.each([
    ['tag', 'v1.2.3 v1.2.3@release'],
    ['tag:v1.*', 'v1.2.3 v1.2.3@release'],
    ['tag:v2.*', ''],
    ['branch', 'main feature/x main@schedule'],
    ['branch:feature/*', 'feature/x'],
    ['default-branch', 'main main@schedule'],
    ['pr', 'pr:7'],
    ['pull_request', 'pr:7'],
    ['schedule', 'main@schedule'],
    ['push+default-branch', 'main'],
    ['push+tag schedule', 'v1.2.3 main@schedule'],
    ['release | pr', 'v1.2.3@release pr:7']
  ])('on=%s holds for %j', (occasions, expected) => {
    const runs = ['v1.2.3', 'v1.2.3@release', 'main', 'feature/x', 'main@schedule', 'pr:7']
    const held = runs.filter(short => {
      const [ref = '', event] = short.split('@')
      const run = on(ref, event === undefined ? {} : {event})
      return names(decide(run, `type=raw,value=x,on=${occasions}`, 'latest=false')) === 'x'
    })
    expect(held.join(' ')).toBe(expected)
  })
})

describe('the version in a file', () => {
  const texts = {images: 'a/b', strategy: 'release', 'version-file': 'VERSION'}
  it.each([
    ['error', 'the Git tag v1.2.3 and VERSION (1.2.4) are not the same version'],
    ['warn', 'b: 1.2.3 1.2 1 latest'],
    ['tag', 'b: 1.2.3 1.2 1 latest'],
    ['file', 'b: 1.2.4 1.2 1 latest']
  ])('that is not the Git tag’s, with version-mismatch: %s', async (mismatch, expected) => {
    const work = planned(on('v1.2.3'), {...texts, 'version-mismatch': mismatch}, {VERSION: '1.2.4\n'})
    if (mismatch === 'error') {
      await expect(work).rejects.toThrow(expected)
      return
    }
    const {plan} = await work
    expect(tagLines(plan)).toEqual([expected])
    expect(plan.notes.some(note => note.startsWith('The Git tag counts'))).toBe(mismatch === 'warn')
  })

  it.each(['v1.2.3', '1.2.3'])('may be written %s', async version => {
    const {plan} = await planned(on('v1.2.3'), texts, {VERSION: version})
    expect(tagLines(plan)).toEqual(['b: 1.2.3 1.2 1 latest'])
  })

  it('must be a version where one is released', async () => {
    const broken = planned(
      on('main', {event: 'schedule'}),
      {...texts, strategy: 'versioned-names'},
      {VERSION: 'v1.2'}
    )
    await expect(broken).rejects.toMatchObject({
      code: 'VERSION_INVALID',
      message: expect.stringContaining('it has 2 numbers') as unknown
    })
    const {plan} = await planned(on('pr:7'), {...texts, strategy: 'versioned-names'}, {VERSION: 'v1.2'})
    expect(plan.push).toBe(false)
  })

  it('is given once', async () => {
    expect(await faultsOf(() => planned(on('main'), {...texts, version: '1.2.3'}, {VERSION: '1'}))).toEqual([
      'version-file: is given beside version; give one of them'
    ])
  })
})

describe('several targets', () => {
  it('never claim one tag', async () => {
    const texts = {
      images: 'a/b',
      variants: 'python=3.12,3.13',
      tags: 'type=semver,pattern={{version}}',
      flavor: 'latest=false'
    }
    await expect(planned(on('v1.2.3'), texts)).rejects.toMatchObject({
      code: 'TAG_COLLISION',
      message: 'docker.io/a/b:1.2.3 is claimed by b-python3.12 and b-python3.13'
    })
  })

  it('have records of their own', async () => {
    const texts = {
      images: 'a/b',
      strategy: 'variants',
      variants: 'a=1,2\nb=1,2',
      services: 'x\ny',
      platforms: 'linux/amd64,linux/arm64'
    }
    const {plan} = await planned(on('main'), {...texts, images: 'a/{{service}}'})
    const records = plan.targets.flatMap(({builds}) => builds.map(({record}) => record))
    expect(new Set(records).size).toBe(16)
  })

  it('need variants for a strategy of variants', async () => {
    expect(await faultsOf(() => planned(on('main'), {images: 'a/b', strategy: 'variants'}))).toEqual([
      'strategy: variants needs variants: name them in the input variants'
    ])
  })

  it('leave tags of a flavor to their variant', async () => {
    const texts = {
      images: 'a/b',
      variants: 'os=alpine,debian',
      'default-variant': 'os=debian',
      tags: 'type=semver,pattern={{version}}',
      flavor: 'suffix=-{{os}},onlatest=true'
    }
    const {plan, outputs} = await planned(on('v1.2.3'), texts)
    expect(tagLines(plan)).toEqual([
      'b-alpine: 1.2.3-alpine latest-alpine',
      'b-debian: 1.2.3-debian latest-debian'
    ])
    expect(outputs).toMatchObject({
      primary_tags: '',
      os_tags: 'latest-alpine,latest-debian',
      precision_tags: '1.2.3-alpine,1.2.3-debian'
    })
  })
})

describe('how a tag moves', () => {
  const texts = {
    images: 'a/b',
    tags: 'type=semver,pattern={{version}}\ntype=semver,pattern={{major}}\ntype=ref,event=branch\ntype=sha\ntype=schedule\ntype=ref,event=pr'
  }
  it.each([
    ['v1.2.3', '', 'b: 1.2.3:immutable 1:forward sha-860c190:immutable latest:forward'],
    [
      'v1.2.3',
      'version=moving,alias=immutable',
      'b: 1.2.3:moving 1:immutable sha-860c190:immutable latest:immutable'
    ],
    ['main', 'branch=immutable\ncommit=moving', 'b: main:immutable sha-860c190:moving'],
    ['pr:7', 'pull-request=immutable', 'b: pr-7:immutable sha-860c190:immutable']
  ])('on %s with the policy %j', async (ref, policy, expected) => {
    expect(tagLines((await planned(on(ref), {...texts, policy})).plan, true)).toEqual([expected])
  })
})

describe('names of refs', () => {
  const texts = {images: 'a/b', tags: 'type=ref,event=branch'}
  const tagOf = async (ref: string, changes = {}): Promise<string> =>
    (await planned(on(ref), {...texts, ...changes})).plan.targets[0]?.tags[0]?.name ?? ''

  it('are one tag where they are written the same', async () => {
    expect(await tagOf('feature/foo')).toBe('feature-foo')
    expect(await tagOf('feature-foo')).toBe('feature-foo')
  })

  it('are told apart by a hash where that is asked for', async () => {
    const unique = {'ref-names': 'unique'}
    expect(await tagOf('feature-foo', unique)).toBe('feature-foo')
    const names = [
      await tagOf('feature/foo', unique),
      await tagOf('feature&foo', unique),
      await tagOf('feature//foo', unique)
    ]
    for (const name of names) expect(name).toMatch(/^feature-foo-[0-9a-f]{8}$/)
    expect(new Set(names).size).toBe(3)
  })

  it('are shortened with a hash, with and without one', async () => {
    const long = `feature/${'x'.repeat(200)}`
    for (const changes of [{}, {'ref-names': 'unique'}]) {
      const [first, second] = [await tagOf(`${long}1`, changes), await tagOf(`${long}2`, changes)]
      expect([first.length, second.length]).toEqual([128, 128])
      expect(first).not.toBe(second)
    }
  })
})

it('lists the tags of each of two axes by themselves, and those of both in neither', async () => {
  const only = 'enable={{is_default_variant}}'
  const {outputs} = await planned(on('main'), {
    images: 'a/b',
    variants: 'python=3.12,3.13\nbase=slim,alpine',
    'default-variant': 'python=3.13\nbase=slim',
    tags: `type=raw,value=py{{python}},${only}\ntype=raw,value={{base}},${only}\ntype=raw,value={{variant}}`
  })
  expect(outputs).toMatchObject({
    python_tags: 'py3.13',
    base_tags: 'slim',
    variant_tags: 'python3.12-slim,python3.12-alpine,py3.13,slim,python3.13-slim,python3.13-alpine',
    python_versions_json: '["3.12","3.13"]',
    base_versions_json: '["slim","alpine"]'
  })
})
