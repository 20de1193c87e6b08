import {describe, expect, it} from '@jest/globals'
import {versionIn} from '../../src/versions/version-file.js'
import {failureOf} from '../support/thrown.js'

const uvIndex = '[project]\nname = "x"\nversion = "1.2.3"\n[[tool.uv.index]]\nname = "y"\nversion = "9.9.9"'
const versionInText = '[project]\ndescription = """\nversion = "9.9.9"\n"""\nversion = "1.2.3"'

describe('the version in a file', () => {
  it.each([
    ['VERSION', 'v1.2.3\n', 'v1.2.3'],
    ['VERSION', '\uFEFF1.2.3\r\n', '1.2.3'],
    ['deploy/VERSION', '\n# the version\n1.2.3', '1.2.3'],
    ['version.txt', '1.2.3', '1.2.3'],
    ['package.json', '{"name": "x", "version": "1.2.3"}', '1.2.3'],
    ['app/package.json', '{"version": "1.2.3"}', '1.2.3'],
    ['package.json', '\uFEFF{"version": "1.2.3"}', '1.2.3']
  ])('%s: %j', async (file, text, version) => {
    expect(await versionIn(file, text)).toBe(version)
  })

  it.each([
    ['pyproject.toml', '[build-system]\nversion = "9"\n[project]\nname = "x"\nversion = "1.2.3" # now\n'],
    ['pyproject.toml', "[tool.poetry]\nversion = '1.2.3'"],
    ['pyproject.toml', '[project]\ndynamic = ["version"]\n[tool.poetry]\nversion = "1.2.3"'],
    ['pyproject.toml', uvIndex],
    ['pyproject.toml', versionInText],
    ['pyproject.toml', 'project.version = "1.2.3"'],
    ['pyproject.toml', 'project = {name = "x", version = "1.2.3"}'],
    ['pyproject.toml', '[project]\nversion = """1.2.3"""'],
    ['pyproject.toml', '["project"]\n"version" = "1.2.3"'],
    ['Cargo.toml', '[package]\nversion = "1.2.3"\n[dependencies.serde]\nversion = "9"'],
    ['Cargo.toml', '[workspace.package]\nversion = "1.2.3"'],
    ['Cargo.toml', '[workspace]\npackage.version = "1.2.3"'],
    ['Cargo.toml', "[package]\n'version' = '1.2.3'"],
    ['Cargo.toml', '[package]\nversion.workspace = true\n[workspace.package]\nversion = "1.2.3"'],
    ['Cargo.toml', '[[bin]]\nname = "x"\nversion = "9"\n[package]\nversion = "1.2.3"']
  ])('is read as TOML: %s: %j', async (file, text) => {
    expect(await versionIn(file, text)).toBe('1.2.3')
  })

  it.each([
    ['name: x\nversion: 0.1.0\nappVersion: "1.2.3"', '1.2.3'],
    ['version: 1.2.3 # chart', '1.2.3'],
    ['version: 0.1.0\n"appVersion": 1.2.3', '1.2.3'],
    ["version: 0.1.0\nappVersion: '1.2.3'", '1.2.3'],
    ['version: 0.1.0\nappVersion: >-\n  1.2.3\n', '1.2.3'],
    ['version: 0.1.0\nappVersion: |\n  1.2.3\n', '1.2.3'],
    ['version: &v 1.2.3\nappVersion: *v', '1.2.3'],
    ['{version: 0.1.0, appVersion: 1.2.3}', '1.2.3'],
    ['description: |\n  appVersion: 9.9.9\nversion: 1.2.3', '1.2.3'],
    ['dependencies:\n  - name: y\n    version: 9.9.9\nversion: 1.2.3', '1.2.3'],
    ['version: 1.2.3\nappVersion: ""', '1.2.3'],
    ['version: 1.2.3\nappVersion:', '1.2.3'],
    ['version: 1.2.3\nappVersion: ~', '1.2.3'],
    ['version: 0.1.0\nappVersion: 1.10', '1.10'],
    ['version: 0.1.0\nappVersion: 1_0', '1_0'],
    ['version: 0.1.0\nappVersion: 012', '012'],
    ['version: 0.1.0\nappVersion: 2026-11-27', '2026-11-27'],
    ['---\nversion: 1.2.3\n...\n', '1.2.3']
  ])('is read as YAML, to the letter: Chart.yaml: %j', async (text, version) => {
    expect(await versionIn('Chart.yaml', text)).toBe(version)
  })

  it.each([
    ['VERSION', undefined, 'there is no file VERSION'],
    ['VERSION', ' \n', 'VERSION names no version'],
    ['package.json', '{}', 'package.json names no version'],
    ['package.json', '[]', 'package.json names no version'],
    ['package.json', '{', 'package.json is not JSON: '],
    ['package.json', '{"version": 1}', 'package.json names no version'],
    ['pyproject.toml', '[project]\ndynamic = ["version"]', 'pyproject.toml names no version'],
    ['pyproject.toml', '[project]\nversion = 1.2', 'pyproject.toml names no version'],
    ['pyproject.toml', '[project]\nversion = "1.2.3', 'pyproject.toml is not TOML: '],
    ['pyproject.toml', '[project]\nversion = "1"\nversion = "2"', 'pyproject.toml is not TOML: '],
    ['Cargo.toml', '[package]\nversion.workspace = true', 'Cargo.toml names no version'],
    ['Chart.yaml', 'name: x', 'Chart.yaml names no version'],
    ['Chart.yaml', '- version: 1.2.3', 'Chart.yaml names no version'],
    ['Chart.yaml', 'version: {major: 1}', 'Chart.yaml names no version'],
    ['Chart.yaml', 'version: 1.2.3\nversion: 1.2.4', 'Chart.yaml is not YAML: '],
    ['Chart.yaml', 'appVersion: *gone', 'Chart.yaml is not YAML: '],
    ['Chart.yaml', 'version: "1.2.3', 'Chart.yaml is not YAML: ']
  ])('is refused: %s with %j', async (file, text, fault) => {
    const failure = await failureOf(() => versionIn(file, text))
    expect(failure.message).toContain(`version-file: ${fault}`)
  })
})
