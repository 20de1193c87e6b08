import {parse} from 'yaml'
import {
  type OnboardingFacts,
  type OnboardingPlan,
  planOnboarding
} from '../../src/onboarding/onboarding-plan.js'
import type {RepositoryLook} from '../../src/onboarding/repository-look.js'
import {languageServiceFindings} from '../support/workflow-judge/language-service.js'

export const FILE = '.github/workflows/docker.yml'
export const SETTINGS = '.github/image-release.yml'

const FACTS: OnboardingFacts = {
  images: [],
  source: 'Acme/App',
  host: 'github.com',
  defaultBranch: 'main',
  workflow: 'org/image-release/.github/workflows/release.yml@v1',
  chosen: undefined,
  isBeside: false
}

/** What init plans for a repository with a Dockerfile and this workflow. */
export function planned(
  text: string,
  facts: Partial<OnboardingFacts> = {},
  look: Partial<RepositoryLook> = {}
): OnboardingPlan {
  return planOnboarding(
    {
      containerfile: 'Dockerfile',
      others: [],
      contexts: [],
      dockerignore: '.image-release',
      versionFile: undefined,
      config: undefined,
      named: new Map(),
      workflows: [{file: FILE, text}],
      ...look
    },
    {...FACTS, ...facts}
  )
}

/** The text that a file gets; what is there where it does not change. */
export function writtenText({files}: OnboardingPlan, file = FILE): string {
  return files.find(one => one.file === file)?.after ?? ''
}

/** A step as it was written. */
export interface WrittenStep {
  readonly id?: string
  readonly name?: string
  readonly if?: string
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, string>>
}

/** A job as it was written. */
export interface WrittenJob {
  readonly steps?: readonly WrittenStep[]
  readonly [key: string]: unknown
}

/** The jobs that a plan writes. */
export function writtenJobs(plan: OnboardingPlan): Readonly<Record<string, WrittenJob>> {
  return (parse(writtenText(plan)) as {jobs: Record<string, WrittenJob>}).jobs
}

/** What GitHub's language service says of the new file, and did not say of the old one. */
export async function newFindings(before: string, after: string): Promise<string[]> {
  const messagesOf = async (text: string): Promise<string[]> => {
    const source = {name: FILE, text, files: () => undefined, isPart: false, isDocument: false}
    return (await languageServiceFindings(source, 'workflow')).map(({message}) => message)
  }
  const known = await messagesOf(before)
  return (await messagesOf(after)).filter(message => !known.includes(message))
}
