import {describe, expect, it} from '@jest/globals'
import {formatCachePlace, parseCacheFlag} from '../../src/building/caches/cache-flag.js'

const read = (flag: string) =>
  parseCacheFlag(flag).map(({type, attributes}) => [type, Object.fromEntries(attributes)])

describe('a flag of a cache', () => {
  it.each<[string, string, ReturnType<typeof read>]>([
    ['by fields', 'type=registry,ref=r.test/c:a,mode=max', [['registry', {ref: 'r.test/c:a', mode: 'max'}]]],
    ['of one field', 'type=inline', [['inline', {}]]],
    ['in quotes, with a comma', 'type=local,"src=/a,b"', [['local', {src: '/a,b'}]]],
    ['with a quote in quotes', '"type=local","src=/a""b"', [['local', {src: '/a"b'}]]],
    ['with a value that has an equals sign', 'type=gha,token=a.b==', [['gha', {token: 'a.b=='}]]],
    ['with names in capitals and spaces', 'TYPE=gha, Scope=a', [['gha', {scope: 'a'}]]],
    ['with a word alone', 'type=gha,ignore-error', [['gha', {'ignore-error': ''}]]],
    ['without a type', 'ref=r.test/c', [['', {ref: 'r.test/c'}]]],
    ['that is a reference', 'r.test:5000/c:a', [['registry', {ref: 'r.test:5000/c:a'}]]],
    [
      'that is several references',
      'r.test/c,r.test/d',
      [
        ['registry', {ref: 'r.test/c'}],
        ['registry', {ref: 'r.test/d'}]
      ]
    ]
  ])('%s', (_, flag, entries) => expect(read(flag)).toEqual(entries))

  it.each([
    ['type=registry,ref=r.test/c,mode=max,ignore-error=true', 'type=registry,ref=r.test/c'],
    ['token=secret,scope=a,type=gha', 'type=gha,scope=a'],
    ['type=local,"dest=/a,b",mode=max', 'type=local,"dest=/a,b"'],
    ['type=inline', 'type=inline']
  ])('%s is told as its place, %s', (flag, place) =>
    expect(parseCacheFlag(flag).map(formatCachePlace)).toEqual([place])
  )
})
