import {describe, expect, it} from '@jest/globals'
import {registryAdvice} from '../../src/registry/client/error-hints.js'

const ECR = '123456789012.dkr.ecr.eu-west-1.amazonaws.com'
const GAR = 'europe-west1-docker.pkg.dev'

describe('what to do about a refusal', () => {
  it.each<[string, string, number, string, string | RegExp]>([
    [
      'ghcr.io',
      'o/app',
      403,
      'permission_denied: write_package',
      'Give this repository the role Write under "Manage Actions access" in the settings of the package.'
    ],
    [
      'ghcr.io',
      'o/app',
      403,
      'denied: installation not allowed to Create organization package',
      'Give this job "packages: write".'
    ],
    ['ghcr.io', 'o/app', 401, '', /^Give this job "packages: write", and give the repository/],
    [
      'docker.io',
      'o/app',
      401,
      'access denied',
      /"Read & Write".* to o\/app on Docker Hub; .*secrets .*such as DOCKERHUB_USERNAME and DOCKERHUB_TOKEN\.$/
    ],
    [
      ECR,
      'team/app',
      404,
      "The repository with name 'team/app' does not exist in the registry",
      'Make the repository first: aws ecr create-repository --region eu-west-1 --repository-name team/app'
    ],
    [
      ECR,
      'team/app',
      401,
      '',
      /^Log in again: aws ecr get-login-password --region eu-west-1 \| docker login/
    ],
    [ECR, 'team/app', 403, '', / in team\/app\. A release needs .*ecr:PutImage/],
    [
      'public.ecr.aws',
      'alias/team/app',
      404,
      '',
      /ecr-public create-repository .*us-east-1 --repository-name team\/app$/
    ],
    [
      'public.ecr.aws',
      'alias/app',
      401,
      '',
      /^Log in again: aws ecr-public get-login-password --region us-east-1/
    ],
    ['public.ecr.aws', 'alias/app', 403, '', /ecr-public:InitiateLayerUpload.*sts:GetServiceBearerToken/],
    ['harbor.example.com', 'shop/app', 412, 'project quota exceeded', /quota of the project shop/],
    [
      GAR,
      'my-project/images/app',
      404,
      'Repository "images" not found',
      /gcloud artifacts repositories create images .* --location=europe-west1 --project=my-project$/
    ],
    [GAR, 'my-project/images/app', 401, '', `Log in first: gcloud auth configure-docker ${GAR}`],
    [GAR, 'my-project/images/app', 403, '', /roles\/artifactregistry\.writer/],
    ['gcr.io', 'my-project/app', 403, '', /roles\/artifactregistry\.writer/],
    ['shop.azurecr.io', 'app', 401, '', /az acr login --name shop.*AcrPush/],
    ['quay.io', 'o/app', 401, '', /robot account the permission Write on o\/app/],
    ['registry.gitlab.com', 'g/p', 403, '', /write_registry/],
    [
      'harbor.example.com',
      'shop/app',
      401,
      'unauthorized to access repository: shop/app, action: push',
      /robot account of Harbor .* project shop/
    ],
    ['harbor.example.com', 'shop/app', 404, 'project shop not found', /Make the project shop in Harbor/],
    [
      'harbor.example.com',
      'shop/app',
      403,
      'adding 3 MiB of storage resource, which when updated to the current usage will exceed the configured upper limit',
      /quota of the project shop/
    ]
  ])('of %s for %s: %i %s', (host, name, status, ...[said, advice]) => {
    const found = registryAdvice({host, name, status, said})
    if (typeof advice === 'string') expect(found).toBe(advice)
    else expect(found).toMatch(advice)
  })

  it.each([
    ['registry.example.com', 403],
    ['ghcr.io', 500],
    [ECR, 500],
    ['my-gcr.io.example.com', 403]
  ])('of %s is nothing particular for %i', (host, status) => {
    expect(registryAdvice({host, name: 'o/app', status, said: ''})).toBeUndefined()
  })
})
