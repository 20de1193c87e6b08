import {describe, expect, it} from '@jest/globals'
import {InputError} from '../../src/errors.js'
import {parseFlavor} from '../../src/planning/rules/flavor.js'
import {parseImages} from '../../src/planning/targets/image-names.js'
import {parseMetadataLines} from '../../src/planning/targets/metadata-lines.js'
import {parseRules} from '../../src/planning/rules/rule-grammar.js'
import {decide, on} from '../support/tag-plans.js'

function faultsOf(parse: () => unknown): string[] {
  try {
    parse()
  } catch (error) {
    if (error instanceof InputError) return error.issues.map(({input, message}) => `${input}: ${message}`)
    throw error
  }
  return []
}

const GLOBAL = 'branch, tag, sha, base_ref, is_default_branch, is_not_default_branch, date, commit_date'

describe('a rule that is wrong', () => {
  it.each([
    ['type=semvr', '"semvr" is not a type of tag; did you mean semver?'],
    [
      'type=constructor',
      '"constructor" is not a type of tag; known are schedule, semver, pep440, match, edge, ref, raw, sha'
    ],
    ['type=', '"" is not a type of tag; known are schedule, semver, pep440, match, edge, ref, raw, sha'],
    ['type=sha,enbale=false', '"enbale" is not an attribute of type=sha; did you mean enable?'],
    ['type=sha,priorty=5', '"priorty" is not an attribute of type=sha; did you mean priority?'],
    [
      'type=sha,pattern=x',
      '"pattern" is not an attribute of type=sha; known are type, enable, on, priority, prefix, suffix, format'
    ],
    ['type=sha,short', '"short" is not an attribute; write key=value'],
    ['type=sha,format=short,format=long', 'the attribute format is given twice'],
    ['type=sha,format=tiny', 'format=tiny is not known; known are short, long'],
    ['type=sha,priority=high', 'priority=high is not a number'],
    ['type=sha,enable=', 'enable is empty: its expression gave nothing; it must be true or false'],
    ['type=sha,enable=True', 'enable="True" is neither true nor false; did you mean true?'],
    ['type=sha,enable=yes', 'enable="yes" is neither true nor false'],
    ['type=ref', 'the attribute event is missing: branch, tag, pr'],
    ['type=ref,event=brnch', 'event=brnch is not known; did you mean branch?'],
    ['type=semver', 'the attribute pattern is missing'],
    ['type=raw', 'the attribute value is missing'],
    ['type=semver,pattern={{version}},match=v\\d', 'match=v\\d has no group; put the version in ( )'],
    ['type=match,pattern=v(.*),group=2', 'group=2, but pattern=v(.*) has 1 groups'],
    [
      'type=match,pattern=(',
      'pattern=( is not a regular expression: /(/: Unterminated group; put a field with a comma in double quotes'
    ],
    [
      'type=semver,pattern={{verson}}',
      'column 21: pattern: "verson" is not known in a template; did you mean version?'
    ],
    [
      'type=semver,pattern={{sha}}',
      'column 21: pattern: "sha" is not known at this place; known are raw, version, major, minor, patch'
    ],
    [
      'type=raw,value=a-{{constructor}}',
      `column 18: value: "constructor" is not known in a template; known are ${GLOBAL}`
    ],
    [
      'type=raw,value={{__proto__}}',
      `column 16: value: "__proto__" is not known in a template; known are ${GLOBAL}`
    ],
    [
      'type=raw,value={{branch.length}}',
      `column 16: value: "branch.length" is not known in a template; known are ${GLOBAL}`
    ],
    [
      'type=raw,value={{../branch}}',
      'column 16: value: "../branch" is not known in a template; did you mean branch?'
    ],
    ['type=raw,value={{branch "x"}}', 'column 16: value: {{branch}} takes no arguments'],
    [
      'type=raw,value={{#if sha}}x{{/if}}',
      'column 16: value: blocks and partials are not known here; only {{name}} is'
    ],
    [
      'type=raw,value={{> part}}',
      'column 16: value: blocks and partials are not known here; only {{name}} is'
    ],
    ['type=raw,value={{sha}}-{{branch', 'column 24: value: "{{branch" is not a closed expression {{name}}'],
    [
      'type=raw,value={{date}}',
      "column 16: value: {{date}} takes one format in quotes, for example {{date 'YYYYMMDD'}}"
    ],
    [
      "type=raw,value={{date 'YYYY' zone='UTC'}}",
      'column 16: value: "zone" is not known in {{date}}; only tz=\'Area/City\' is'
    ],
    [
      "type=raw,value={{date 'YYYY' tz='Mars'}}",
      "column 16: value: \"Mars\" is not a time zone; write tz='Area/City', for example tz='Europe/Berlin'"
    ],
    [
      "type=raw,value={{date 'nightly'}}",
      'column 16: value: "l" in the date format "nightly" is not supported; put plain text in [ ]'
    ],
    ['"type=sha', 'the quote in column 1 is not closed'],
    ['"type=sha" x', 'a comma is missing after the quoted field, in column 11']
  ])('%s: %s', (rule, fault) => {
    expect(faultsOf(() => parseRules(`\n# rules\n${rule}`))).toContain(`tags: line 3: ${fault}`)
  })

  it('says the other faults of a line whose type is unknown', () => {
    expect(faultsOf(() => parseRules('type=semvr,enbale=false,pattern=x'))).toEqual([
      'tags: line 1: "semvr" is not a type of tag; did you mean semver?',
      'tags: line 1: "enbale" is an attribute of no type; did you mean enable?'
    ])
  })

  it('does not hide the others', () => {
    const rules = 'type=sha,enbale=false,priorty=5\n\n# fine\ntype=sha\ntype=raw,value={{a}}{{b}}'
    expect(faultsOf(() => parseRules(rules)).map(fault => fault.split(';')[0])).toEqual([
      'tags: line 1: "enbale" is not an attribute of type=sha',
      'tags: line 1: "priorty" is not an attribute of type=sha',
      'tags: line 5: column 16: value: "a" is not known in a template',
      'tags: line 5: column 21: value: "b" is not known in a template'
    ])
  })

  it('is told from what a template makes of enable, in every line', () => {
    const rules = 'type=sha,enable={{branch}}\ntype=raw,value=x,enable={{tag}}'
    expect(faultsOf(() => decide(on('main'), rules))).toEqual([
      'tags: line 2: enable is empty: its expression gave nothing; it must be true or false',
      'tags: line 1: enable="main" is neither true nor false'
    ])
  })

  it.each([
    [
      '10,000 rules',
      Array.from({length: 10_000}, (_, index) => `tag${index}`).join('\n'),
      'tags: it has 10000 lines; at most 1000 are read'
    ],
    [
      'a rule of 1 MB',
      `type=raw,value=${'x'.repeat(2 ** 20)}`,
      'tags: line 1: it has 1048591 characters; at most 4096 are read'
    ]
  ])('is not worked off: %s', (_, rules, fault) => {
    expect(faultsOf(() => parseRules(rules))).toEqual([fault])
  })
})

describe('other inputs that are wrong', () => {
  it('flavor', () => {
    const flavor = 'latest=yes\nsufix=x\nonlatest=true\nsuffix=a,onlatest=1\nsuffix={{brnch}}\nalpine'
    expect(faultsOf(() => parseFlavor(flavor))).toEqual([
      'flavor: line 1: latest="yes" is not one of auto, true, false',
      'flavor: line 2: "sufix" is not an entry of a flavor; did you mean suffix?',
      'flavor: line 3: onlatest goes after the prefix or suffix that it belongs to, on the same line',
      'flavor: line 4: onlatest="1" is neither true nor false',
      'flavor: line 5: column 8: suffix: "brnch" is not known in a template; did you mean branch?',
      'flavor: line 6: "alpine" is not an entry of a flavor; write key=value'
    ])
  })

  it('images', () => {
    const images =
      'ghcr.io/Org/App\nOrg//App_:x\nname=,enable=true\nname=app,enable=\nname=app,enabel=true\na,b:1'
    expect(faultsOf(() => parseImages(images)).map(fault => fault.split('. ')[0])).toEqual([
      'images: line 2: "org//app_:x" is not a reference: "org//app_" is not the name of a repository',
      'images: line 3: the name of the image is empty',
      'images: line 4: enable is empty: its expression gave nothing; it must be true or false',
      'images: line 5: "enabel" is not an attribute of an image; did you mean enable?',
      'images: line 6: "b:1" is not a reference: a repository is wanted here, without tag or digest'
    ])
  })

  it('labels', () => {
    expect(faultsOf(() => parseMetadataLines('labels', 'maintainer\n=x\na={{brnch}}'))).toEqual([
      'labels: line 1: "maintainer" is not of the form key=value',
      'labels: line 2: "=x" is not of the form key=value',
      'labels: line 3: column 3: "brnch" is not known in a template; did you mean branch?'
    ])
  })
})
